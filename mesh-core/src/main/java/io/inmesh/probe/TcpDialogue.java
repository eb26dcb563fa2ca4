package io.inmesh.probe;

import io.inmesh.balance.ProbeAnswer;
import io.inmesh.model.HealthCheck.Probe;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Bytes, or only the connection; characters stand for bytes. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class TcpDialogue implements Dialogue {
  private static final int MAX_ANSWER = 64 * 1024;

  private final Probe.Tcp probe;

  TcpDialogue(Probe.Tcp probe) {
    this.probe = probe;
  }

  @Override
  public @Nullable String protocol() {
    return null;
  }

  @Override
  public void prepare(Channel connection) {}

  @Override
  public void begin(Channel connection, ProbeConnection to) {
    if (!probe.receive().isEmpty()) {
      connection.pipeline().addBefore(ProbeConnection.LIFE, null, new Reader(connection, to));
    }
    if (!probe.send().isEmpty()) {
      connection.writeAndFlush(Unpooled.copiedBuffer(probe.send(), StandardCharsets.ISO_8859_1));
    }
    if (probe.receive().isEmpty()) {
      to.answered(ProbeAnswer.HEALTHY, false);
    }
  }

  /** Whether the parts are there, in their order, whatever lies between them. */
  private boolean holdsAll(CharSequence read) {
    String text = read.toString();
    int from = 0;
    for (String part : probe.receive()) {
      int at = text.indexOf(part, from);
      if (at < 0) {
        return false;
      }
      from = at + part.length();
    }
    return true;
  }

  /** Reads until it has what was expected. */
  private final class Reader extends SimpleChannelInboundHandler<ByteBuf> {
    private final Channel connection;
    private final ProbeConnection to;
    private final StringBuilder read = new StringBuilder();

    Reader(Channel connection, ProbeConnection to) {
      this.connection = connection;
      this.to = to;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
      read.append(bytes.toString(StandardCharsets.ISO_8859_1));
      if (holdsAll(read)) {
        context.pipeline().remove(this);
        to.answered(ProbeAnswer.HEALTHY, true);
      } else if (read.length() > MAX_ANSWER) {
        to.lost(connection, "the answer is not what was expected");
      }
    }
  }
}
