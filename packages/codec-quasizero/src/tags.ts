/** The tags of the fields in messages.proto: the number of the field, and in the low three bits its wire type. */
export const Tag = {
  Code: 0x08,
  ErrorMessage: 0x0a,
  Metadata: 0x12,
  Payload: 0x1a,
  /** In an entry of the metadata. */
  Key: 0x0a,
  Value: 0x12,
} as const;
