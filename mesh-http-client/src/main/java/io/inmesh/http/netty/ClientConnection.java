package io.inmesh.http.netty;

import io.netty.channel.Channel;
import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;

/** An established connection. Confined to its event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
abstract class ClientConnection {
  final EndpointPool pool;
  final Channel channel;
  final long expiresAt;
  long idleSince = System.nanoTime();
  long drainBy = Long.MAX_VALUE;

  ClientConnection(EndpointPool pool, Channel channel) {
    this.pool = pool;
    this.channel = channel;
    long age = pool.loop.transport.settings.maxAge().toNanos();
    // A tenth of jitter, so that connections opened together are not renewed together.
    expiresAt =
        System.nanoTime() + (long) (age * (0.9 + 0.2 * ThreadLocalRandom.current().nextDouble()));
  }

  /** Whether it carries one call at a time. */
  abstract boolean exclusive();

  /** How many calls it can take now. */
  abstract int free();

  /** Calls it carries. */
  abstract int active();

  /** Takes a call; {@link #free} was positive. */
  abstract void assign(WireCall call);

  abstract void start(WireCall call, HttpHead head, long length, boolean body);

  abstract void write(WireCall call, ByteBuffer data, boolean last);

  abstract void consumed(WireCall call, int bytes);

  abstract void abandon(WireCall call);

  /** Looks after itself once a second. */
  abstract void tick(long now);

  /** Takes no more calls and closes when those it has are over, or when the time is up. */
  final void drain(long now) {
    if (drainBy == Long.MAX_VALUE) {
      drainBy = now + pool.loop.transport.settings.drainTimeout().toNanos();
    }
    if (active() == 0) {
      close();
    }
  }

  final boolean draining() {
    return drainBy != Long.MAX_VALUE;
  }

  final void close() {
    channel.close();
  }
}
