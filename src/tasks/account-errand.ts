/** What has to be looked up at a platform before an account becomes a member's: the `input` of a task of kind `account-proof`. */
export type AccountErrand =
  /** The member says that this page is theirs, and their code stands in it. */
  | { type: 'proof'; channel: string; url: string; memberId: string }
  /** Somebody who may says that the account of this name is the member's. */
  | { type: 'grant'; channel: string; account: string; memberId: string; memberName: string; by: string }
