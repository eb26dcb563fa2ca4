package io.inmesh.server.ca;

import io.grpc.stub.ServerCallStreamObserver;
import io.inmesh.wire.identity.v1.Trust;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The streams that hear of every change of trust; one that is slow gets the newest only. */
final class TrustStreams {
  private static final System.Logger LOG = System.getLogger(TrustStreams.class.getName());

  private final CertificateAuthority authority;
  private final Set<Stream> streams = ConcurrentHashMap.newKeySet();

  TrustStreams(CertificateAuthority authority) {
    this.authority = authority;
    authority.listen(state -> streams.forEach(Stream::send));
  }

  Stream open(ServerCallStreamObserver<Trust> out) {
    Stream stream = new Stream(out);
    out.setOnReadyHandler(stream::send);
    streams.add(stream);
    stream.send();
    return stream;
  }

  void close(Stream stream) {
    streams.remove(stream);
  }

  /** One client. */
  final class Stream {
    private final ServerCallStreamObserver<Trust> out;
    private long sent;

    private Stream(ServerCallStreamObserver<Trust> out) {
      this.out = out;
    }

    /** Locked, because changes and readiness come on different threads. */
    private synchronized void send() {
      TrustState now = authority.trust();
      if (out.isCancelled() || !out.isReady() || now.sequence() <= sent) {
        return;
      }
      try {
        out.onNext(IdentityService.trust(now));
        sent = now.sequence();
      } catch (CaException e) {
        LOG.log(Level.ERROR, "clients cannot be told of the trust", e);
      }
    }
  }
}
