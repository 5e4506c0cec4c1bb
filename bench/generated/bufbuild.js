// Generated from packages/codec-quasizero/messages.proto by protoc-gen-es 2.13.0, the last one that runs on Node 20.

import { fileDesc, messageDesc } from '@bufbuild/protobuf/codegenv2';

/**
 * Describes the file messages.proto.
 */
export const file_messages =
  /*@__PURE__*/
  fileDesc(
    'Cg5tZXNzYWdlcy5wcm90bxIJcXVhc2l6ZXJvIo0BCgdSZXF1ZXN0EgwKBGNvZGUYASABKAUSMgoIbWV0YWRhdGEYAiADKAsyIC5xdWFzaXplcm8uUmVxdWVzdC5NZXRhZGF0YUVudHJ5Eg8KB3BheWxvYWQYAyABKAwaLwoNTWV0YWRhdGFFbnRyeRILCgNrZXkYASABKAkSDQoFdmFsdWUYAiABKAk6AjgBIpgBCghSZXNwb25zZRIVCg1lcnJvcl9tZXNzYWdlGAEgASgJEjMKCG1ldGFkYXRhGAIgAygLMiEucXVhc2l6ZXJvLlJlc3BvbnNlLk1ldGFkYXRhRW50cnkSDwoHcGF5bG9hZBgDIAEoDBovCg1NZXRhZGF0YUVudHJ5EgsKA2tleRgBIAEoCRINCgV2YWx1ZRgCIAEoCToCOAFiBnByb3RvMw',
  );

/**
 * Describes the message quasizero.Request.
 * Use `create(RequestSchema)` to create a new message.
 */
export const RequestSchema = /*@__PURE__*/ messageDesc(file_messages, 0);

/**
 * Describes the message quasizero.Response.
 * Use `create(ResponseSchema)` to create a new message.
 */
export const ResponseSchema = /*@__PURE__*/ messageDesc(file_messages, 1);
