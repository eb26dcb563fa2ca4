package io.inmesh.spring;

import static io.inmesh.spring.Containers.field;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.filter.FilterFactory;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Side;
import io.inmesh.filter.Step;
import io.inmesh.model.FilterConfig;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests with an idempotency key are executed once, whatever becomes of their callers. */
@Timeout(60)
class KeyedContainerTest {
  private static final AtomicInteger ARRIVED = new AtomicInteger();
  private static Containers containers;

  /** Counts what arrives. */
  private static final class Arrived implements FilterFactory {
    @Override
    public String typeUrl() {
      return "type.googleapis.com/acme.Arrived";
    }

    @Override
    public MeshFilter create(FilterConfig config, Side side) {
      return call -> {
        ARRIVED.incrementAndGet();
        return Step.NEXT;
      };
    }
  }

  private static final String KEYS =
      """
      idempotencyKeys: {}
      retry: {attempts: 2, on: [reset], backoff: {base: 1ms, max: 2ms}}
      """;

  /** Of a request, as each test has its own. */
  private final String key = UUID.randomUUID().toString();

  @BeforeAll
  static void start() throws Exception {
    containers = new Containers(config -> config.address(Relay.ADDRESS).filter(new Arrived()));
  }

  @AfterAll
  static void stop() throws Exception {
    containers.close();
  }

  @BeforeEach
  void nothingWasExecuted() throws Exception {
    containers.config(Containers.policy(KEYS));
    for (Container container : Container.values()) {
      containers.get(container).orders().executed.set(0);
    }
  }

  private static int executed(Container container) {
    return containers.get(container).orders().executed.get();
  }

  private HttpResponse<String> post(Container container, String path) {
    return containers.post(container, path, "idempotency-key", key).join();
  }

  private String written(String path, String body, int length) {
    return "POST %s HTTP/1.1\r\nHost: a\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(path, key, length, body);
  }

  @ParameterizedTest
  @EnumSource
  void repetition_getsTheFirstResponse(Container container) {
    HttpResponse<String> first = post(container, "/raw/count");
    assertThat(first.body()).isEqualTo("count 1");
    HttpResponse<String> second = post(container, "/raw/count");
    assertThat(second.statusCode()).isEqualTo(200);
    assertThat(second.body()).isEqualTo("count 1");
    assertThat(field(second, "x-made")).isEqualTo("here");
    assertThat(second.headers().firstValue("content-type"))
        .isEqualTo(first.headers().firstValue("content-type"));
    assertThat(executed(container)).isEqualTo(1);
    assertThat(containers.post(container, "/raw/count", "idempotency-key", key + "2").join().body())
        .isEqualTo("count 2");
  }

  @ParameterizedTest
  @EnumSource
  void requestWithoutKey_isExecutedEachTime(Container container) {
    assertThat(containers.post(container, "/raw/count").join().body()).isEqualTo("count 1");
    assertThat(containers.post(container, "/raw/count").join().body()).isEqualTo("count 2");
  }

  /** Jetty writes its error page after the request is over. */
  @ParameterizedTest
  @EnumSource
  void failure_isRepeated_notTheRequest(Container container) {
    assertThat(post(container, "/raw/error").statusCode()).isEqualTo(410);
    HttpResponse<String> second = post(container, "/raw/error");
    assertThat(second.statusCode()).isEqualTo(container == Container.JETTY ? 409 : 410);
    assertThat(executed(container)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void asynchronousAndStreamedResponses_areRecorded(Container container) {
    for (String path : new String[] {"/raw/async", "/raw/sse", "/raw/flush", "/raw/redirect"}) {
      HttpResponse<String> first = post(container, path);
      HttpResponse<String> second = post(container, path);
      assertThat(second.statusCode()).as(path).isEqualTo(first.statusCode());
      assertThat(second.body()).as(path).isEqualTo(first.body());
      // Recorded with the second, which was not written anew.
      assertThat(second.headers().firstValue("location"))
          .as(path)
          .isEqualTo(first.headers().firstValue("location"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void duplicate_waitsForTheFirst(Container container) throws Exception {
    Orders orders = containers.get(container).orders();
    orders.hold();
    CompletableFuture<HttpResponse<String>> first =
        containers.post(container, "/raw/held", "idempotency-key", key);
    Shop.await("it is being executed", () -> orders.held.get() == 1);
    CompletableFuture<HttpResponse<String>> second =
        containers.post(container, "/raw/held", "idempotency-key", key);
    orders.release();
    assertThat(first.join().body()).startsWith("count 1 xxx").hasSizeGreaterThan(100_000);
    assertThat(second.join().body()).isEqualTo(first.join().body());
    assertThat(executed(container)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void duplicateWhoseCallerLeaves_givesItsPlaceBack(Container container) throws Exception {
    containers.config(
        Containers.policy(KEYS + "concurrency: {maxInFlight: 2}\nfilters: [{type: acme.Arrived}]"));
    ARRIVED.set(0);
    Orders orders = containers.get(container).orders();
    orders.hold();
    CompletableFuture<HttpResponse<String>> first =
        containers.post(container, "/raw/held", "idempotency-key", key);
    Shop.await("it is being executed", () -> orders.held.get() == 1);
    try (Socket leaving = containers.write(container, written("/raw/held", "body", 4))) {
      Shop.await("the duplicate is there", () -> ARRIVED.get() == 2);
      leaving.setSoLinger(true, 0);
    }
    orders.release();
    assertThat(first.join().statusCode()).isEqualTo(200);
    Shop.await("there are two places again", () -> holdsTwo(container));
  }

  private static boolean holdsTwo(Container container) {
    Orders orders = containers.get(container).orders();
    orders.hold();
    CompletableFuture<HttpResponse<String>> one = containers.post(container, "/raw/held");
    CompletableFuture<HttpResponse<String>> two = containers.post(container, "/raw/held");
    while (orders.held.get() < 2 && !one.isDone() && !two.isDone()) {
      Thread.onSpinWait();
    }
    orders.release();
    return one.join().statusCode() == 200 && two.join().statusCode() == 200;
  }

  @ParameterizedTest
  @EnumSource
  void callerThatIsCutOff_findsTheResponseLater(Container container) throws Exception {
    Orders orders = containers.get(container).orders();
    orders.hold();
    try (Socket cut = containers.write(container, written("/raw/held", "body", 4))) {
      Shop.await("it is being executed", () -> orders.held.get() == 1);
      cut.setSoLinger(true, 0);
    }
    orders.release();
    HttpResponse<String> again = post(container, "/raw/held");
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(again.body()).startsWith("count 1 xxx").hasSizeGreaterThan(100_000);
    assertThat(executed(container)).isEqualTo(1);
  }

  /** A caller of the mesh sends it again by itself. */
  @ParameterizedTest
  @EnumSource
  void connectionThatIsCutAfterTheExecution_isNotSeenByCallersOfTheMesh(Container container)
      throws Exception {
    Orders orders = containers.get(container).orders();
    orders.hold();
    try (Relay relay = new Relay(containers.get(container).port())) {
      CompletableFuture<HttpResponse<String>> call =
          containers.callOfTheMesh(container, "/raw/held", "idempotency-key", key);
      Shop.await("it is being executed", () -> orders.held.get() == 1);
      relay.cut();
      orders.release();
      assertThat(call.join().body()).startsWith("count 1 xxx").hasSizeGreaterThan(100_000);
    }
    assertThat(executed(container)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void requestThatBreaksOff_hadNoEffect(Container container) throws Exception {
    try (Socket cut = containers.write(container, written("/raw/count", "half", 1_000))) {
      cut.setSoLinger(true, 0);
    }
    assertThat(post(container, "/raw/count").body()).isEqualTo("count 1");
    assertThat(executed(container)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void responseThatIsTooLarge_isNotKept_norTheRequestRepeated(Container container) {
    assertThat(post(container, "/raw/larger").body()).hasSize(300_000);
    assertThat(post(container, "/raw/larger").statusCode()).isEqualTo(409);
    assertThat(executed(container)).isEqualTo(1);
  }
}
