package io.inmesh.call.engine;

import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.MeshException.Reason;
import io.inmesh.model.Endpoint;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt stands, or ended. Immutable.
 *
 * @param at where it went; null: nowhere
 * @param what why it failed or was given up; null: it did not
 * @param status of its response; 0: there is none
 * @param nanos since it began
 */
record AttemptOutcome(
    int number,
    @Nullable Endpoint at,
    @Nullable String what,
    @Nullable Reason why,
    short status,
    byte grpc,
    long nanos) {
  AttemptRecord inWords() {
    String outcome = what;
    if (outcome == null) {
      outcome = status > 0 ? Outcomes.text(status, grpc) : "in flight";
    }
    InetSocketAddress address = at == null ? null : at.address();
    String host = address == null ? null : address.getHostString() + ":" + address.getPort();
    return new AttemptRecord(number, host, outcome, why, nanos);
  }
}
