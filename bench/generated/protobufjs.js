// Generated from packages/codec-quasizero/messages.proto by pbjs of protobufjs-cli 2.7.1: -t static-module -w es6 --no-comments
// --no-convert --no-verify --no-create --no-delimited --no-typeurl --no-service --keep-case
/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from 'protobufjs/minimal.js';

const $Reader = $protobuf.Reader,
  $Writer = $protobuf.Writer,
  $util = $protobuf.util;
const $Object = $util.global.Object,
  $undefined = $util.global.undefined,
  $Error = $util.global.Error,
  $RangeError = $util.global.RangeError;

const $root = $protobuf.roots['default'] || ($protobuf.roots['default'] = {});

export const quasizero = ($root.quasizero = (() => {
  const quasizero = {};

  quasizero.Request = (function () {
    const Request = function (properties) {
      this.metadata = {};
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]];
    };

    Request.prototype.code = 0;
    Request.prototype.metadata = $util.emptyObject;
    Request.prototype.payload = $util.newBuffer([]);

    Request.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create();
      if (_depth === $undefined) _depth = 0;
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded');
      if (message.code != null && $Object.hasOwnProperty.call(message, 'code') && message.code !== 0)
        writer.uint32(8).int32(message.code);
      if (message.metadata != null && $Object.hasOwnProperty.call(message, 'metadata'))
        for (let keys = $Object.keys(message.metadata), i = 0; i < keys.length; ++i)
          writer.uint32(18).fork().uint32(10).string(keys[i]).uint32(18).string(message.metadata[keys[i]]).ldelim();
      if (message.payload != null && $Object.hasOwnProperty.call(message, 'payload') && message.payload.length)
        writer.uint32(26).bytes(message.payload);
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i]);
      return writer;
    };

    Request.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader);
      if (_depth === $undefined) _depth = 0;
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded');
      let end, message, key, value;
      if (length === $undefined) end = reader.len;
      else {
        end = reader.pos + length;
        if (end > reader.len) throw $RangeError('index out of range');
        length = reader.len;
        reader.len = end;
      }
      message = _target || new $root.quasizero.Request();
      while (reader.pos < end) {
        let start = reader.pos;
        let tag = reader.tag();
        if (tag === _end) {
          _end = $undefined;
          break;
        }
        let wireType = tag & 7;
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 0) break;
            if ((value = reader.int32())) message.code = value;
            else delete message.code;
            continue;
          }
          case 2: {
            if (wireType !== 2) break;
            if (message.metadata === $util.emptyObject) message.metadata = {};
            let end2 = reader.size() + reader.pos;
            if (end2 > reader.len) throw $RangeError('index out of range');
            reader.len = end2;
            key = '';
            value = '';
            while (reader.pos < end2) {
              let tag2 = reader.tag();
              wireType = tag2 & 7;
              switch ((tag2 >>>= 3)) {
                case 1:
                  if (wireType !== 2) break;
                  key = reader.stringVerify();
                  continue;
                case 2:
                  if (wireType !== 2) break;
                  value = reader.stringVerify();
                  continue;
              }
              reader.skipType(wireType, _depth, tag2);
            }
            if (reader.pos !== end2) throw $RangeError('index out of range');
            reader.len = end;
            if (key === '__proto__') $util.makeProp(message.metadata, key);
            message.metadata[key] = value;
            continue;
          }
          case 3: {
            if (wireType !== 2) break;
            if ((value = reader.bytes()).length) message.payload = value;
            else delete message.payload;
            continue;
          }
        }
        reader.skipType(wireType, _depth, tag);
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false);
          (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range');
        reader.len = length;
      }
      if (_end !== $undefined) throw $Error('missing end group');
      return message;
    };

    return Request;
  })();

  quasizero.Response = (function () {
    const Response = function (properties) {
      this.metadata = {};
      if (properties)
        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
          if (properties[keys[i]] != null && keys[i] !== '__proto__') this[keys[i]] = properties[keys[i]];
    };

    Response.prototype.error_message = '';
    Response.prototype.metadata = $util.emptyObject;
    Response.prototype.payload = $util.newBuffer([]);

    Response.encode = function (message, writer, _depth) {
      if (!writer) writer = $Writer.create();
      if (_depth === $undefined) _depth = 0;
      if (_depth > $util.recursionLimit) throw $Error('max depth exceeded');
      if (
        message.error_message != null &&
        $Object.hasOwnProperty.call(message, 'error_message') &&
        message.error_message !== ''
      )
        writer.uint32(10).string(message.error_message);
      if (message.metadata != null && $Object.hasOwnProperty.call(message, 'metadata'))
        for (let keys = $Object.keys(message.metadata), i = 0; i < keys.length; ++i)
          writer.uint32(18).fork().uint32(10).string(keys[i]).uint32(18).string(message.metadata[keys[i]]).ldelim();
      if (message.payload != null && $Object.hasOwnProperty.call(message, 'payload') && message.payload.length)
        writer.uint32(26).bytes(message.payload);
      if (message.$unknowns != null && $Object.hasOwnProperty.call(message, '$unknowns'))
        for (let i = 0; i < message.$unknowns.length; ++i) writer.raw(message.$unknowns[i]);
      return writer;
    };

    Response.decode = function (reader, length, _end, _depth, _target) {
      if (!(reader instanceof $Reader)) reader = $Reader.create(reader);
      if (_depth === $undefined) _depth = 0;
      if (_depth > $Reader.recursionLimit) throw $Error('max depth exceeded');
      let end, message, key, value;
      if (length === $undefined) end = reader.len;
      else {
        end = reader.pos + length;
        if (end > reader.len) throw $RangeError('index out of range');
        length = reader.len;
        reader.len = end;
      }
      message = _target || new $root.quasizero.Response();
      while (reader.pos < end) {
        let start = reader.pos;
        let tag = reader.tag();
        if (tag === _end) {
          _end = $undefined;
          break;
        }
        let wireType = tag & 7;
        switch ((tag >>>= 3)) {
          case 1: {
            if (wireType !== 2) break;
            if ((value = reader.stringVerify()).length) message.error_message = value;
            else delete message.error_message;
            continue;
          }
          case 2: {
            if (wireType !== 2) break;
            if (message.metadata === $util.emptyObject) message.metadata = {};
            let end2 = reader.size() + reader.pos;
            if (end2 > reader.len) throw $RangeError('index out of range');
            reader.len = end2;
            key = '';
            value = '';
            while (reader.pos < end2) {
              let tag2 = reader.tag();
              wireType = tag2 & 7;
              switch ((tag2 >>>= 3)) {
                case 1:
                  if (wireType !== 2) break;
                  key = reader.stringVerify();
                  continue;
                case 2:
                  if (wireType !== 2) break;
                  value = reader.stringVerify();
                  continue;
              }
              reader.skipType(wireType, _depth, tag2);
            }
            if (reader.pos !== end2) throw $RangeError('index out of range');
            reader.len = end;
            if (key === '__proto__') $util.makeProp(message.metadata, key);
            message.metadata[key] = value;
            continue;
          }
          case 3: {
            if (wireType !== 2) break;
            if ((value = reader.bytes()).length) message.payload = value;
            else delete message.payload;
            continue;
          }
        }
        reader.skipType(wireType, _depth, tag);
        if (!reader.discardUnknown) {
          $util.makeProp(message, '$unknowns', false);
          (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
        }
      }
      if (length !== $undefined) {
        if (reader.pos !== end) throw $RangeError('index out of range');
        reader.len = length;
      }
      if (_end !== $undefined) throw $Error('missing end group');
      return message;
    };

    return Response;
  })();

  return quasizero;
})());

export { $root as default };
