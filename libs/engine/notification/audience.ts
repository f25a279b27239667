/** Who is meant by a notification, in words: the directory says later who they are. Each field adds people. */
export interface Audience {
  /** Anybody with one of these roles, of the department and management level where those are given. */
  roles?: readonly string[];
  department?: string | null;
  minimum_level?: number;
  /** Subjects or external ids. */
  names?: readonly string[];
  /** Whoever wants it approved (of the instance that the notification is about). */
  requesters?: true;
  /** Their managers. */
  managers_of_requesters?: true;
  /** Nobody decides their own request, so requesters are not asked to. */
  not_requesters?: true;
}
