package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.call;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Behaviour;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Reply;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * UX-06: services in a row in front of a leaf that fails. Each would try three times; without
 * anything against it a leaf four deep sees 27 times what is offered.
 */
class RetryChainTest {
  /** So many that a fifth of them is more than the budget's floor of ten a second. */
  private static final int OFFERED = 800;

  private static final String PATH = "/shop.Orders/Get";
  private static final String THREE_TRIES =
      "retry: {attempts: 2, on: [gateway-error, unavailable], backoff: {base: 1ms}}";

  private static void configure(World world) throws Exception {
    world.config(
        versions("first"),
        versions("second"),
        versions("third"),
        versions("leaf"),
        policy("first", THREE_TRIES),
        policy("second", THREE_TRIES),
        policy("third", THREE_TRIES),
        policy("leaf", THREE_TRIES));
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC},
      styles = Style.BLOCKING)
  void failingLeaf_seesAtMostAFifthMoreThanIsOffered(World world) throws Exception {
    configure(world);
    Instance leaf = world.serve("leaf", status(503));
    Instance third = world.serve("third", call("leaf" + PATH));
    Instance second = world.serve("second", call("third" + PATH));
    Instance first = world.serve("first", call("second" + PATH));
    requireNoStorm(offer(world.client("web")), leaf, List.of(first, second, third));
  }

  /** HTTP, then gRPC, then HTTP, then gRPC. */
  @OverEveryTransport(only = Transport.HTTP1, styles = Style.BLOCKING)
  void failingLeaf_ofAChainOfBothProtocols_seesAtMostAFifthMore(World world) throws Exception {
    configure(world);
    Instance leaf = world.serve(Transport.GRPC, "leaf", status(503));
    Instance third = world.serve(Transport.HTTP1, "third", status(500));
    third.behave(calls(world.caller(third, Transport.GRPC), "leaf"));
    Instance second = world.serve(Transport.GRPC, "second", status(500));
    second.behave(calls(world.caller(second, Transport.HTTP1), "third"));
    Instance first = world.serve(Transport.HTTP1, "first", status(500));
    first.behave(calls(world.caller(first, Transport.GRPC), "second"));
    requireNoStorm(offer(world.client("web")), leaf, List.of(first, second, third));
  }

  private static Behaviour calls(Caller own, String service) {
    return (request, usual) -> Reply.of(own.get(service + PATH).status());
  }

  /** In how many seconds. */
  private static long offer(Caller web) throws Exception {
    long begin = System.nanoTime();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      Callable<Integer> one = () -> web.get("first" + PATH).status();
      for (Future<Integer> status :
          threads.invokeAll(IntStream.range(0, OFFERED).mapToObj(i -> one).toList())) {
        assertThat(status.get()).isEqualTo(503);
      }
      return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
    } finally {
      threads.shutdownNow();
    }
  }

  /** A fifth, or ten a second where that is more, in windows of ten seconds. */
  private static void requireNoStorm(long seconds, Instance leaf, List<Instance> between) {
    int retries = (int) Math.max(OFFERED / 5, 10 * (seconds + 10));
    assertThat(leaf.requests().size()).isBetween(OFFERED + 1, OFFERED + retries);
    // Only who is next to the failure retries.
    assertThat(between).allSatisfy(hop -> assertThat(hop.requests()).hasSize(OFFERED));
  }
}
