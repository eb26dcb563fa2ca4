package io.inmesh.server.admin;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;

/**
 * Gathers requests up to a size; the rest of one that is larger is read, so that it is answered.
 */
final class WholeRequests extends HttpObjectAggregator {
  private final int limit;

  WholeRequests(int limit) {
    super(limit);
    this.limit = limit;
  }

  @Override
  protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
    AdminReply reply =
        new AdminException(413, "too_large", "", "the body is larger than " + limit + " bytes")
            .reply();
    var unused = ctx.writeAndFlush(HttpReplies.response(reply, false, false));
  }
}
