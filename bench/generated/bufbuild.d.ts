// Generated from packages/codec-quasizero/messages.proto by protoc-gen-es 2.13.0, the last one that runs on Node 20.

import type { Message } from '@bufbuild/protobuf';
import type { GenFile, GenMessage } from '@bufbuild/protobuf/codegenv2';

/**
 * Describes the file messages.proto.
 */
export declare const file_messages: GenFile;

/**
 * Asks a server to run a command. A server answers each request with one response, in order.
 *
 * @generated from message quasizero.Request
 */
export declare type Request = Message<'quasizero.Request'> & {
  /**
   * Which command.
   *
   * @generated from field: int32 code = 1;
   */
  code: number;

  /**
   * What goes with the payload: names and values, in no order.
   *
   * @generated from field: map<string, string> metadata = 2;
   */
  metadata: { [key: string]: string };

  /**
   * @generated from field: bytes payload = 3;
   */
  payload: Uint8Array;
};

/**
 * Describes the message quasizero.Request.
 * Use `create(RequestSchema)` to create a new message.
 */
export declare const RequestSchema: GenMessage<Request>;

/**
 * @generated from message quasizero.Response
 */
export declare type Response = Message<'quasizero.Response'> & {
  /**
   * Why the command failed; empty when it has not.
   *
   * @generated from field: string error_message = 1;
   */
  errorMessage: string;

  /**
   * @generated from field: map<string, string> metadata = 2;
   */
  metadata: { [key: string]: string };

  /**
   * @generated from field: bytes payload = 3;
   */
  payload: Uint8Array;
};

/**
 * Describes the message quasizero.Response.
 * Use `create(ResponseSchema)` to create a new message.
 */
export declare const ResponseSchema: GenMessage<Response>;
