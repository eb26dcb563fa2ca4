package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.FakeTransport.fail;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.RequestOptions;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.Failure;
import io.inmesh.call.Usable;
import io.inmesh.model.CallPolicy;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Endpoint;
import io.inmesh.model.HedgePolicy;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HedgingTest {
  private static final String ORDERS = Snapshots.clusterName("orders", 80);
  private static final Endpoint A = endpoint("127.0.0.1", 1);
  private static final Endpoint B = endpoint("127.0.0.1", 2);
  private static final Duration DELAY = Duration.ofMillis(50);

  private final FakeMesh mesh = new FakeMesh();
  private final FakeTransport transport = mesh.transport();

  @AfterEach
  void nothingLeaked() {
    mesh.assertQuiet();
  }

  private void orders(TestRoute route, Endpoint... endpoints) {
    mesh.update(Snapshots.builder().add("orders", endpoints).routes("orders", 80, route));
  }

  private void orders(List<TestRoute> routes) {
    mesh.update(
        Snapshots.builder()
            .add("orders", A, B)
            .routes("orders", 80, routes.toArray(TestRoute[]::new)));
  }

  private TestRoute hedged() {
    return TestRoute.any().to(ORDERS).hedge(DELAY);
  }

  @Test
  void noAnswerWithinTheDelay_anotherHostIsAskedToo() {
    orders(hedged(), A, B);
    transport.script(Attempt::sent);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(49);
    assertThat(transport.attempts()).hasSize(1);
    mesh.clock().advanceMillis(1);
    assertThat(transport.ports()).containsExactlyInAnyOrder(1, 2);
    answer(200).accept(transport.attempts().get(1));
  }

  @Test
  void firstGoodAnswer_wins_theOtherIsAbandonedBefore() {
    orders(hedged(), A, B);
    transport.script(Attempt::sent);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(50);
    Attempt slow = transport.attempts().get(0);
    answer(200).accept(transport.attempts().get(1));
    assertThat(transport.delivered()).isSameAs(transport.attempts().get(1));
    assertThat(transport.abandoned()).containsExactly(slow);
    // What comes of the loser later is of no interest.
    answer(200).accept(slow);
  }

  @Test
  void answerBeforeTheDelay_noHedge() {
    orders(hedged(), A, B);
    transport.script(answer(200));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(1_000);
    assertThat(transport.attempts()).hasSize(1);
  }

  @Test
  void oneFails_theOtherStillDecides() {
    orders(hedged(), A, B);
    transport.script(Attempt::sent);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(50);
    transport.attempts().get(1).failed(Failure.RESET, null);
    assertThat(transport.answered()).isFalse();
    answer(200).accept(transport.attempts().get(0));
    assertThat(transport.delivered()).isSameAs(transport.attempts().get(0));
  }

  @Test
  void retriableAnswer_whileAnotherIsInFlight_isNotDelivered() {
    orders(hedged().retry(0, "5xx"), A, B);
    transport.script(Attempt::sent);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(50);
    answer(503).accept(transport.attempts().get(1));
    assertThat(transport.answered()).isFalse();
    assertThat(transport.abandoned()).containsExactly(transport.attempts().get(1));
    answer(200).accept(transport.attempts().get(0));
    assertThat(transport.delivered()).isSameAs(transport.attempts().get(0));
  }

  @Test
  void allFail_theLastFailureIsTheCalls() {
    orders(hedged(), A, B);
    transport.script(Attempt::sent);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(50);
    transport.attempts().get(0).failed(Failure.RESET, null);
    transport.attempts().get(1).failed(Failure.CONNECTION_LOST, null);
    assertThat(FakeMesh.failure(transport).attempts()).hasSize(2);
  }

  @Test
  void post_isNotHedged_unlessSaidToBeIdempotent() {
    orders(hedged(), A, B);
    transport.script(Attempt::sent);
    mesh.start(FakeRequest.http("POST", "orders", "/"), transport);
    mesh.clock().advanceMillis(200);
    assertThat(transport.attempts()).hasSize(1);
    answer(200).accept(transport.attempt());

    FakeTransport second = mesh.transport().script(Attempt::sent);
    RequestOptions idempotent = RequestOptions.DEFAULT.withIdempotent(true);
    mesh.start(
        FakeRequest.http("POST", "orders", "/"), new CallOptions(0, true, idempotent), second);
    mesh.clock().advanceMillis(200);
    assertThat(second.attempts()).hasSize(2);
    answer(200).accept(second.attempt());
  }

  @Test
  void requestThatCanBeSentOnce_isNotHedged() {
    orders(hedged(), A, B);
    transport.script(Attempt::sent);
    mesh.start(FakeRequest.get("orders", "/"), CallOptions.ONCE, transport);
    mesh.clock().advanceMillis(200);
    assertThat(transport.attempts()).hasSize(1);
    answer(200).accept(transport.attempt());
  }

  @Test
  void application_mayHedgeWithoutPolicy_andSwitchOff() {
    orders(TestRoute.any().to(ORDERS), A, B);
    transport.script(Attempt::sent);
    RequestOptions soon = RequestOptions.DEFAULT.withHedgeAfter(Duration.ofMillis(5));
    mesh.start(FakeRequest.get("orders", "/"), new CallOptions(0, true, soon), transport);
    mesh.clock().advanceMillis(5);
    assertThat(transport.attempts()).hasSize(2);
    answer(200).accept(transport.attempt());

    orders(hedged(), A, B);
    FakeTransport never = mesh.transport().script(Attempt::sent);
    RequestOptions off = RequestOptions.DEFAULT.withHedgeAfter(Duration.ZERO);
    mesh.start(FakeRequest.get("orders", "/"), new CallOptions(0, true, off), never);
    mesh.clock().advanceMillis(500);
    assertThat(never.attempts()).hasSize(1);
    answer(200).accept(never.attempt());
  }

  @Test
  void applications_haveABudgetForEachDestination() {
    mesh.update(Snapshots.builder().add("orders", A, B).add("billing", A, B));
    assertThat(hedgedByTheApplication("orders")).isEqualTo(2);
    assertThat(hedgedByTheApplication("orders")).isEqualTo(1);
    assertThat(hedgedByTheApplication("billing")).isEqualTo(2);
    mesh.update(Snapshots.builder().add("orders", B, A).add("billing", A, B));
    assertThat(hedgedByTheApplication("orders")).isEqualTo(1);
  }

  /** How many attempts a call of an application that wants hedging has when nobody answers. */
  private int hedgedByTheApplication(String service) {
    FakeTransport one = mesh.transport().script(Attempt::sent);
    RequestOptions soon = RequestOptions.DEFAULT.withHedgeAfter(Duration.ofMillis(5));
    mesh.start(FakeRequest.get(service, "/"), new CallOptions(0, true, soon), one);
    mesh.clock().advanceMillis(5);
    int attempts = one.attempts().size();
    answer(200).accept(one.attempt());
    return attempts;
  }

  @Test
  void oneHost_isNotAskedTwiceAtOnce_andThatSpendsNoHedge() {
    orders(within(10), A);
    assertThat(afterDelay(2)).containsExactly(1, 1);
    orders(within(10), A, B);
    assertThat(afterDelay(1)).containsExactly(2);
  }

  private static TestRoute within(double budgetPercent) {
    return TestRoute.any()
        .to(ORDERS)
        .policy(
            new CallPolicy(new HedgePolicy(2, DELAY, 0, budgetPercent, false), false, List.of()));
  }

  @Test
  void budget_boundsHedges_howeverOftenOtherRoutesChange() {
    int attempts = 0;
    for (int i = 0; i < 200; i++) {
      orders(List.of(TestRoute.exact("/" + i).to(ORDERS), within(10)));
      attempts += afterDelay(1).get(0);
    }
    assertThat(attempts - 200).isBetween(15, 21);
  }

  /** What the other budget refuses is not spent of this one. */
  @Test
  void tooManyRetriesInFlight_spendNoHedge() {
    CircuitBreakers.Limits oneRetry = new CircuitBreakers.Limits(9, 9, 9, 1, null);
    mesh.update(
        Snapshots.builder()
            .routes("orders", 80, within(67))
            .cluster(
                OrdersCalls.cluster(
                    Snapshots.local(A, B),
                    List.of(),
                    new CircuitBreakers(oneRetry, oneRetry),
                    null)));
    // Two of three may be hedged, but only one retry may be in flight.
    assertThat(afterDelay(3)).containsExactly(2, 1, 1);
    assertThat(afterDelay(1)).containsExactly(2);
  }

  /** How many attempts each of so many calls at once has when it has waited for long enough. */
  private List<Integer> afterDelay(int calls) {
    List<FakeTransport> transports =
        IntStream.range(0, calls).mapToObj(i -> mesh.transport().script(Attempt::sent)).toList();
    transports.forEach(each -> mesh.start(FakeRequest.get("orders", "/"), each));
    mesh.clock().advanceMillis(50);
    List<Integer> attempts = transports.stream().map(each -> each.attempts().size()).toList();
    transports.forEach(each -> answer(200).accept(each.attempt()));
    return attempts;
  }

  @Test
  void percentile_isTheDelay_onceThereAreEnoughLatencies_alsoWhenOtherRoutesChange() {
    TestRoute route =
        TestRoute.any()
            .to(ORDERS)
            .policy(new CallPolicy(new HedgePolicy(2, null, 95, 100, false), false, List.of()));
    orders(route, A, B);
    for (int i = 0; i < 1100; i++) {
      FakeTransport one = mesh.transport().script(Attempt::sent);
      mesh.start(FakeRequest.get("orders", "/"), one);
      mesh.clock().advanceMillis(10);
      answer(200).accept(one.attempt());
    }
    orders(List.of(TestRoute.exact("/new").to(ORDERS), route));
    transport.script(Attempt::sent);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(9);
    assertThat(transport.attempts()).hasSize(1);
    mesh.clock().advanceMillis(3);
    assertThat(transport.attempts()).hasSize(2);
    answer(200).accept(transport.attempt());
  }

  @Test
  void attemptThatWaitsForAConnection_isLookedAtEvery10Ms_howeverShortTheDelay() {
    orders(TestRoute.any().to(ORDERS).hedge(Duration.ofMillis(1)), A, B);
    transport.waits().usable(endpoint -> false);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(5);
    transport.usable(Usable.ALL).attempt().pick(Usable.ALL);
    mesh.clock().advanceMillis(5);
    assertThat(transport.attempts()).hasSize(1);
    mesh.clock().advanceMillis(1);
    assertThat(transport.attempts()).hasSize(2);
    answer(200).accept(transport.attempt());
  }

  @Test
  void perTryTimeout_withEnvoysHedging_letsAnotherJoin() {
    orders(
        TestRoute.any()
            .to(ORDERS)
            .retry(TestRoute.retryPolicy(1, Duration.ofMillis(100), "5xx"))
            .policy(new CallPolicy(HedgePolicy.ON_PER_TRY_TIMEOUT, false, List.of())),
        A,
        B);
    transport.script(Attempt::sent);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(130);
    assertThat(transport.attempts()).hasSize(2);
    assertThat(transport.abandoned()).isEmpty();
    answer(200).accept(transport.attempts().get(0));
    assertThat(transport.delivered()).isSameAs(transport.attempts().get(0));
    assertThat(transport.abandoned()).containsExactly(transport.attempts().get(1));
  }

  @Test
  void deadline_endsAllAttempts() {
    orders(hedged().timeout(Duration.ofMillis(200)), A, B);
    transport.script(Attempt::sent);
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(200);
    assertThat(transport.abandoned()).hasSize(2);
    assertThat(FakeMesh.failure(transport).attempts()).hasSize(2);
  }

  @Test
  void cancelled_leavesNothingInFlight() {
    orders(hedged(), A, B);
    transport.script(Attempt::sent);
    var call = mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(50);
    call.cancel();
    assertThat(transport.abandoned()).hasSize(2);
  }

  @Test
  void hedgeWithoutConnection_doesNotHarmTheFirst() {
    orders(hedged(), A, B);
    transport.script(FakeTransport.inTurn(Attempt::sent, fail(Failure.CONNECT)));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    mesh.clock().advanceMillis(60);
    assertThat(transport.answered()).isFalse();
    mesh.clock().advanceMillis(500);
    answer(200).accept(transport.attempts().get(0));
    assertThat(transport.delivered()).isSameAs(transport.attempts().get(0));
  }
}
