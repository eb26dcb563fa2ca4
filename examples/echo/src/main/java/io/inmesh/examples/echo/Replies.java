package io.inmesh.examples.echo;

import io.inmesh.examples.echo.v1.EchoReply;
import tools.jackson.databind.node.ObjectNode;

/** Replies as messages and back. */
final class Replies {
  private Replies() {}

  static EchoReply message(Reply reply) {
    EchoReply.Builder message =
        EchoReply.newBuilder()
            .setService(reply.service())
            .setVersion(reply.version())
            .setHost(reply.host())
            .setMethod(reply.method())
            .setPath(reply.path())
            .putAllHeaders(reply.headers())
            .setBodySize((int) reply.bodySize());
    if (reply.peer() != null) {
      message.setPeer(reply.peer());
    }
    if (reply.forwarded() != null) {
      message.setForwarded(reply.forwarded().toString());
    }
    return message.build();
  }

  static ObjectNode json(EchoReply message) {
    return new Reply(
            message.getService(),
            message.getVersion(),
            message.getHost(),
            message.getMethod(),
            message.getPath(),
            message.getHeadersMap(),
            message.getBodySize(),
            message.getPeer().isEmpty() ? null : message.getPeer(),
            message.getForwarded().isEmpty() ? null : Reply.JSON.readTree(message.getForwarded()))
        .json();
  }
}
