package io.inmesh.probe;

import io.inmesh.balance.ProbeTarget;
import io.inmesh.model.HealthCheck.Probe;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** What is said on the connection of a probe. Confined to the event loop. */
interface Dialogue {
  /** For what a target wants to be asked. */
  static Dialogue of(ProbeTarget target) {
    if (target.probe() instanceof Probe.Http http) {
      HttpQuestion question = HttpQuestion.get(http, target.authority());
      return http.http2() ? new Http2Dialogue(question) : new Http1Dialogue(question);
    }
    if (target.probe() instanceof Probe.Grpc grpc) {
      return new Http2Dialogue(GrpcCheck.question(grpc, target.authority()));
    }
    return new TcpDialogue((Probe.Tcp) target.probe());
  }

  /** Offered by ALPN; null: nothing. */
  @Nullable String protocol();

  /** A connection was established: adds what all questions on it need. */
  void prepare(Channel connection);

  /** Asks; the answer goes to {@link ProbeConnection#answered} or {@link ProbeConnection#lost}. */
  void begin(Channel connection, ProbeConnection to);
}
