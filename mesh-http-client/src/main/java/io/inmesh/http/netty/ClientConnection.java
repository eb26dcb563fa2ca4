package io.inmesh.http.netty;

import io.inmesh.call.ConnectionPermit;
import io.inmesh.identity.Standing;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.ConnectionPolicy;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;

/** An established connection. Confined to its event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
abstract class ClientConnection {
  final EndpointPool pool;
  final Channel channel;
  final long expiresAt;
  long idleSince = System.nanoTime();
  long endBy = Long.MAX_VALUE;
  ConnectionPermit permit = ConnectionPermit.UNLIMITED;
  private int callsLeft;
  private boolean draining;

  ClientConnection(EndpointPool pool, Channel channel) {
    this.pool = pool;
    this.channel = channel;
    ConnectionPolicy policy = pool.policy;
    long age = pool.loop.transport.settings.maxAge().toNanos();
    if (policy.maxDuration() != null) {
      age = Math.min(age, policy.maxDuration().toNanos());
    }
    callsLeft = policy.maxRequests() > 0 ? policy.maxRequests() : Integer.MAX_VALUE;
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
  final void take(WireCall call) {
    if (--callsLeft == 0) {
      draining = true; // it is the last
    }
    assign(call);
  }

  abstract void assign(WireCall call);

  abstract void start(WireCall call, HttpHead head, long length, boolean body);

  abstract void write(WireCall call, ByteBuffer data, boolean last);

  abstract void consumed(WireCall call, int bytes);

  abstract void abandon(WireCall call);

  /** Looks after itself once a second. */
  abstract void tick(long now);

  /** Takes no more calls and closes when those it has are over. */
  final void drain() {
    draining = true;
    if (active() == 0) {
      close();
    }
  }

  final boolean draining() {
    return draining;
  }

  /** What becomes of it, by what is trusted now. */
  final Standing standing(TlsGeneration madeWith) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    return tls == null ? Standing.CLOSE : madeWith.standing(tls.engine().getSession());
  }

  final void close() {
    channel.close();
  }

  /**
   * Whether a failure is the peer's refusal of this side's certificate: with TLS 1.3 that comes
   * after the handshake, where a response is expected, and nothing was processed.
   */
  static boolean refusedByTls(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof SSLHandshakeException) {
        return true; // the JDK's
      }
      if (each instanceof SSLException && String.valueOf(each.getMessage()).contains("_ALERT_")) {
        return true; // BoringSSL's
      }
    }
    return false;
  }
}
