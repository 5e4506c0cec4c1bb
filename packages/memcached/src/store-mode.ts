/** What a command that stores does when there is an item with the key, and when there is none. */
export type StoreMode = 'set' | 'add' | 'replace' | 'append' | 'prepend' | 'cas';
