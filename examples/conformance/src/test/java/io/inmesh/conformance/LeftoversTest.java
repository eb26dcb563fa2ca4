package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.failFirst;
import static io.inmesh.conformance.world.Behaviour.hang;
import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.FaultyServer;
import io.inmesh.conformance.world.Leftovers;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Pending;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.junit.jupiter.api.Timeout;

/**
 * No timer, task or buffer is left of a call that is over, however it ended: nothing that belongs
 * to it can be reached any more.
 */
class LeftoversTest {
  private static final int CALLS = 50;
  private static final int AT_ONCE = 10;
  private static final String PATH = "/shop.Orders/Get";

  /** How calls end, by the service that ends them so; each has a policy. */
  private static final Map<String, String> ENDINGS = new LinkedHashMap<>();

  static {
    ENDINGS.put("answered", "timeout: 20s\nperTryTimeout: 15s\nretry: {perTryIdle: 10s}");
    ENDINGS.put("failing", "retry: {attempts: 2, on: [5xx, unavailable], backoff: {base: 1ms}}");
    ENDINGS.put("late", "timeout: 40ms");
    ENDINGS.put("cancelled", "timeout: 20s\nhedge: {delay: 15s}");
    ENDINGS.put("hedged", "hedge: {delay: 5ms, budgetPercent: 100}\ntimeout: 20s");
    ENDINGS.put("mirrored", "timeout: 300ms\nmirrors: [{backendRef: {name: silent, port: 80}}]");
    ENDINGS.put("faulted", "fault: {delay: {duration: 5ms}, abort: {httpStatus: 503}}");
    ENDINGS.put("held", "fault: {delay: {duration: 20s}}\ntimeout: 30s");
    ENDINGS.put("limited", "rateLimit: {requests: 1, per: 1h}");
    ENDINGS.put("keyed", "idempotencyKeys: {maxEntries: 1}");
    ENDINGS.put("absent", "timeout: 20s");
  }

  @Timeout(90)
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC},
      styles = Style.ASYNC)
  void callsThatAreOver_leaveNothingBehind(World world) throws Exception {
    List<String> documents = new ArrayList<>(List.of(versions("silent")));
    ENDINGS.forEach(
        (service, policy) -> {
          documents.add(versions(service));
          documents.add(policy(service, policy));
        });
    world.config(documents.toArray(String[]::new));
    world.serve("silent", hang());
    for (String service : List.of("answered", "mirrored", "faulted", "held", "limited", "keyed")) {
      world.serve(service, ok());
    }
    world.serve("failing", failFirst(CALLS, 503));
    world.serve("failing", status(503));
    world.serve("late", hang());
    world.serve("cancelled", hang());
    world.serve("hedged", hang());
    world.serve("hedged", ok());
    Caller web = world.client("web");
    world.expectWarning(Leftovers.LOST_ON_PURPOSE);
    Leftovers leftovers = new Leftovers();
    for (FaultyServer.Fault fault :
        List.of(FaultyServer.Fault.IN_RESPONSE_BODY, FaultyServer.Fault.BEFORE_RESPONSE)) {
      FaultyServer server = world.serveFaulty(fault);
      assertThat(web.post(fault.service() + PATH).ok()).isFalse();
      assertThat(server.executed()).isEqualTo(1);
    }
    calls(web, AT_ONCE); // as many connections as there will be
    leftovers.remember();
    calls(web, CALLS);
    assertThat(leftovers.tooMany()).isEmpty();
    assertThat(leftovers.leaks()).isEmpty();
  }

  private static void calls(Caller web, int times) throws InterruptedException {
    for (String service : ENDINGS.keySet()) {
      boolean cancelled = service.equals("cancelled") || service.equals("held");
      Queue<Pending> inFlight = new ArrayDeque<>();
      for (int i = 0; i < times; i++) {
        if (inFlight.size() == AT_ONCE) {
          end(inFlight.remove(), cancelled);
        }
        Request request = Request.get(service + PATH);
        inFlight.add(
            web.start(
                service.equals("keyed") ? request.header("idempotency-key", "k-" + i) : request));
      }
      for (Pending call : inFlight) {
        end(call, cancelled);
      }
    }
  }

  private static void end(Pending call, boolean cancelled) throws InterruptedException {
    if (cancelled) {
      call.cancel();
    } else {
      assertThat(call.await()).isNotNull();
    }
  }
}
