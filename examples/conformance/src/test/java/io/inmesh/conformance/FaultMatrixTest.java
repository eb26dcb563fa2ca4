package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.FaultyServer;
import io.inmesh.conformance.world.FaultyServer.Fate;
import io.inmesh.conformance.world.FaultyServer.Fault;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * UX-05: a request that is not idempotent is never executed twice, wherever it breaks off, although
 * everything is configured that sends requests again.
 */
class FaultMatrixTest {
  /** Whatever may send a request again, or twice. */
  private static final String EVERYTHING =
      """
      timeout: 20s
      perTryTimeout: %s
      retry:
        attempts: 3
        on: [5xx, gateway-error, connect-failure, refused-stream, reset, reset-before-request,
          retriable-4xx, cancelled, deadline-exceeded, internal, resource-exhausted, unavailable]
        backoff: {base: 1ms}
      hedge: {delay: 20ms, budgetPercent: 100}
      mirrors: [{backendRef: {name: next, port: 80}}]
      """;

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC},
      styles = Style.ASYNC)
  void post_thatBreaksOff_isExecutedOnceAtMost_andSentAgainOnlyIfItWasNot(World world)
      throws Exception {
    List<Fault> faults =
        Arrays.stream(Fault.values()).filter(fault -> fault.on(world.transport())).toList();
    List<String> documents = new ArrayList<>(List.of(versions("next")));
    for (Fault fault : faults) {
      documents.add(versions(fault.service()));
      // Of silence nothing else would tell; the others need no clock.
      String patience = fault == Fault.SILENCE ? "1s" : "10s";
      documents.add(policy(fault.service(), EVERYTHING.formatted(patience)));
    }
    world.config(documents.toArray(String[]::new));
    world.serve("next", ok());
    Caller web = world.client("web");
    for (Fault fault : faults) {
      FaultyServer server = world.serveFaulty(fault);
      Answer answer = web.post(fault.service() + "/shop.Orders/Put");
      assertThat(server.executed()).as("%s: %s", fault, answer).isLessThanOrEqualTo(1);
      if (fault.fate() == Fate.RETRIED) {
        assertThat(answer.ok()).as("%s: %s", fault, answer).isTrue();
        assertThat(server.executed()).as("%s: %s", fault, answer).isEqualTo(1);
      } else if (fault.fate() == Fate.LOST) {
        assertThat(answer.ok()).as("%s: %s", fault, answer).isFalse();
        assertThat(answer.attempts()).as("%s: %s", fault, answer).hasSize(1);
      }
      // gRPC waits for a second before it connects again.
      world.until("it answers after " + fault, () -> answers(web, fault));
    }
  }

  private static boolean answers(Caller web, Fault fault) {
    try {
      return web.post(fault.service() + "/shop.Orders/Put").ok();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC},
      styles = Style.ASYNC)
  void post_toADeadHost_isExecutedOnceByAnother(World world) throws Exception {
    world.config(
        versions("orders"), versions("next"), policy("orders", EVERYTHING.formatted("10s")));
    world.serve("next", ok());
    world.serve("orders", ok()).kill();
    Instance alive = world.serve("orders", ok());
    Caller web = world.client("web");
    for (int i = 1; i <= 10; i++) {
      assertThat(web.post("orders/shop.Orders/Put")).isOk();
      assertThat(alive.requests()).hasSize(i);
    }
  }
}
