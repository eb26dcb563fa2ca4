package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.LocalReply;
import io.inmesh.call.ResponseHead;
import io.inmesh.filter.Ending;
import io.inmesh.filter.FilterCall;
import io.inmesh.filter.FilterFactory;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Side;
import io.inmesh.filter.Step;
import io.inmesh.model.ClientListener;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.HeaderAdd;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.Rewrite;
import io.inmesh.model.RouteAction;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.VirtualHost;
import io.inmesh.model.WeightedCluster;
import io.inmesh.testing.FakeHeaders;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FilterTest {
  private static final String ORDERS = Snapshots.clusterName("orders", 80);
  private static final String LISTENER = "orders.default.svc.cluster.local:80";

  private final List<String> log = new ArrayList<>();
  private Function<FilterCall, Step> behaviour = call -> Step.NEXT;
  private final FakeMesh mesh =
      new FakeMesh(
          EngineSettings.insecure("web", "default"), builder -> builder.filter(new Recording()));
  private final FakeTransport transport = mesh.transport();

  /** Writes down what it is asked; its settings are its name in the log. */
  private final class Recording implements FilterFactory {
    @Override
    public String typeUrl() {
      return "test.Recording";
    }

    @Override
    public MeshFilter create(FilterConfig config, Side side) {
      if (config.settings().equals("bad")) {
        throw new IllegalArgumentException("'bad' is not good");
      }
      return new MeshFilter() {
        @Override
        public Step onRequest(FilterCall call) {
          log.add("request " + config.settings());
          call.state(config.settings());
          return behaviour.apply(call);
        }

        @Override
        public void onResponse(FilterCall call, ResponseHead response) {
          log.add("response " + call.state());
        }

        @Override
        public void onEnd(FilterCall call, Ending ending) {
          log.add("end " + call.state() + " " + ending.status() + " " + ending.reason());
        }
      };
    }
  }

  private static FilterConfig filter(String name, String settings) {
    return new FilterConfig(name, "test.Recording", false, settings);
  }

  private Snapshots orders(TestRoute route, FilterConfig... filters) {
    return orders(route, Map.of(), Map.of(), filters);
  }

  private Snapshots orders(
      TestRoute route,
      Map<String, FilterConfig> ofHost,
      Map<String, FilterConfig> ofConfig,
      FilterConfig... filters) {
    VirtualHost host =
        new VirtualHost(
            "orders",
            List.of("*"),
            List.of(route.build()),
            HeaderChanges.NONE,
            ofHost,
            null,
            List.of(),
            false);
    RouteConfig config =
        new RouteConfig(LISTENER, List.of(host), HeaderChanges.NONE, ofConfig, List.of());
    return Snapshots.builder()
        .add("orders", endpoint("127.0.0.1", 1))
        .listener(new ClientListener(LISTENER, config, List.of(filters), null));
  }

  @AfterEach
  void nothingLeaked() {
    mesh.assertQuiet();
  }

  @Test
  void chain_runsInOrderAndBackwardsForTheResponse() {
    mesh.update(orders(TestRoute.any().to(ORDERS), filter("a", "a"), filter("b", "b")));
    transport.script(answer(201));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(log)
        .containsExactly(
            "request a",
            "request b",
            "response b",
            "response a",
            "end b 201 null",
            "end a 201 null");
  }

  @Test
  void override_mostSpecificLevel_replacesTheSettingsWhole() {
    WeightedCluster share =
        new WeightedCluster(ORDERS, 1, HeaderChanges.NONE, Map.of("a", filter("a", "share")), 0);
    mesh.update(
        orders(
            TestRoute.any()
                .to(share)
                .filters(Map.of("a", filter("a", "route"), "b", filter("b", "route"))),
            Map.of("b", filter("b", "host"), "c", filter("c", "host")),
            Map.of("c", filter("c", "config"), "d", filter("d", "config")),
            filter("a", "listener"),
            filter("b", "listener"),
            filter("c", "listener"),
            filter("d", "listener"),
            filter("e", "listener")));
    transport.script(answer(200));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(log)
        .startsWith(
            "request share", "request route", "request host", "request config", "request listener");
  }

  @Test
  void override_disabled_takesTheFilterOut() {
    FilterConfig off = new FilterConfig("a", "test.Recording", true, "");
    mesh.update(orders(TestRoute.any().to(ORDERS).filters(Map.of("a", off)), filter("a", "a")));
    transport.script(answer(200));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(log).isEmpty();
  }

  @Test
  void filter_answers_nothingIsSentAndLaterFiltersDoNotRun() {
    behaviour =
        call ->
            new Step.Answer(new LocalReply(429, 8, List.of(), "slow down", Reason.RATE_LIMITED));
    mesh.update(orders(TestRoute.any().to(ORDERS), filter("a", "a"), filter("b", "b")));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(reply().status()).isEqualTo(429);
    assertThat(transport.attempts()).isEmpty();
    assertThat(log).containsExactly("request a", "end a 429 RATE_LIMITED");
  }

  @Test
  void filter_decidesLater_theCallGoesOnThen() {
    CompletableFuture<Step> decision = new CompletableFuture<>();
    behaviour = call -> Objects.equals(call.state(), "a") ? new Step.Later(decision) : Step.NEXT;
    mesh.update(orders(TestRoute.any().to(ORDERS), filter("a", "a"), filter("b", "b")));
    transport.script(answer(200));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(transport.attempts()).isEmpty();
    decision.complete(Step.NEXT);
    assertThat(transport.delivered()).isNotNull();
    assertThat(log).startsWith("request a", "request b");
  }

  @Test
  void filter_decidesAfterCancel_isIgnored() {
    CompletableFuture<Step> decision = new CompletableFuture<>();
    behaviour = call -> new Step.Later(decision);
    mesh.update(orders(TestRoute.any().to(ORDERS), filter("a", "a")));
    mesh.start(FakeRequest.get("orders", "/"), transport).cancel();
    decision.complete(Step.NEXT);
    assertThat(transport.attempts()).isEmpty();
    assertThat(log).containsExactly("request a", "end a 0 CANCELLED");
  }

  @Test
  void filter_throws_theRequestIsRefused() {
    behaviour =
        call -> {
          throw new IllegalStateException("broken");
        };
    mesh.update(orders(TestRoute.any().to(ORDERS), filter("a", "a")));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(reply().status()).isEqualTo(500);
    assertThat(reply().reason()).isEqualTo(Reason.DENIED);
  }

  @Test
  void filter_badSettings_areRefusedAndTheOldConfigurationStays() {
    mesh.update(orders(TestRoute.any().to(ORDERS), filter("a", "a")));
    Map<String, String> problems =
        mesh.engine().update(orders(TestRoute.any().to(ORDERS), filter("a", "bad")).build());
    assertThat(problems).containsOnlyKeys(LISTENER);
    assertThat(problems.get(LISTENER)).contains(LISTENER, "filter 'a'", "'bad' is not good");
    transport.script(answer(200));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(transport.delivered()).isNotNull();
  }

  private LocalReply reply() {
    return Objects.requireNonNull(transport.reply(), "there was no reply");
  }

  // ---- header changes and rewrites ----

  private static HeaderChanges set(String name, String value) {
    return new HeaderChanges(
        List.of(new HeaderAdd(name, value, HeaderAdd.Mode.OVERWRITE)),
        List.of(),
        List.of(),
        List.of());
  }

  @Test
  void headers_allLevels_theLeastSpecificIsAppliedLast() {
    WeightedCluster share = new WeightedCluster(ORDERS, 1, set("x", "share"), Map.of(), 0);
    VirtualHost host =
        new VirtualHost(
            "orders",
            List.of("*"),
            List.of(TestRoute.any().to(share).headers(set("x", "route")).build()),
            set("x", "%REQ(x)%-host"),
            Map.of(),
            null,
            List.of(),
            false);
    RouteConfig config =
        new RouteConfig(LISTENER, List.of(host), set("x", "%REQ(x)%-config"), Map.of(), List.of());
    mesh.update(
        Snapshots.builder()
            .add("orders", endpoint("127.0.0.1", 1))
            .listener(new ClientListener(LISTENER, config, List.of(), null)));
    transport.script(answer(200));
    FakeRequest request = FakeRequest.get("orders", "/", "x", "app");
    mesh.start(request, transport);
    assertThat(request.headers().all("x")).containsExactly("route-host-config");
  }

  @Test
  void headers_ofRequestAndResponse_areChanged() {
    HeaderChanges changes =
        new HeaderChanges(
            List.of(
                new HeaderAdd("add", "%REQ(:path)% %REQ(missing?host)%", HeaderAdd.Mode.APPEND),
                new HeaderAdd("kept", "new", HeaderAdd.Mode.ADD_IF_ABSENT),
                new HeaderAdd("absent", "new", HeaderAdd.Mode.OVERWRITE_IF_EXISTS),
                new HeaderAdd("empty", "%REQ(missing)%", HeaderAdd.Mode.APPEND)),
            List.of("gone"),
            List.of(new HeaderAdd("code", "%RESPONSE_CODE%%%", HeaderAdd.Mode.OVERWRITE)),
            List.of("server"));
    mesh.update(
        Snapshots.builder()
            .add("orders", endpoint("127.0.0.1", 1))
            .routes("orders", 80, TestRoute.any().to(ORDERS).headers(changes)));
    FakeRequest request =
        FakeRequest.get("orders", "/p?q=1", "kept", "old", "gone", "1", "host", "h");
    mesh.start(request, transport);
    FakeHeaders headers = FakeHeaders.of("server", "secret");
    transport.attempt().head(new FakeResponse(200, ResponseHead.NO_GRPC_STATUS, headers));
    transport.attempt().end(ResponseHead.NO_GRPC_STATUS, null);
    assertThat(request.headers().all("add")).containsExactly("/p?q=1 h");
    assertThat(request.headers().all("kept")).containsExactly("old");
    assertThat(request.headers().get("absent")).isNull();
    assertThat(request.headers().get("empty")).isNull();
    assertThat(request.headers().get("gone")).isNull();
    assertThat(headers.get("code")).isEqualTo("200%");
    assertThat(headers.get("server")).isNull();
  }

  @Test
  void headers_unknownOperator_isAConfigurationError() {
    Map<String, String> problems =
        mesh.engine()
            .update(
                Snapshots.builder()
                    .add("orders", endpoint("127.0.0.1", 1))
                    .routes(
                        "orders",
                        80,
                        TestRoute.any().named("r").to(ORDERS).headers(set("x", "%NOPE%")))
                    .build());
    assertThat(problems.get(LISTENER)).contains("route 'r'", "header 'x'", "%NOPE%");
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(FakeMesh.failure(transport)).hasMessageContaining("%NOPE%");
  }

  @Test
  void redirect_isAnsweredWithoutNetworkAndItsHeadersChange() {
    HeaderChanges changes =
        new HeaderChanges(
            List.of(),
            List.of(),
            List.of(new HeaderAdd("x", "y", HeaderAdd.Mode.OVERWRITE)),
            List.of());
    mesh.update(
        Snapshots.builder()
            .routes(
                "orders",
                80,
                TestRoute.prefix("/old")
                    .headers(changes)
                    .action(
                        new RouteAction.Redirect(
                            "https", "shop.example", null, null, "/new", 302, true))));
    mesh.start(FakeRequest.get("orders", "/old/a?b=c"), transport);
    assertThat(reply().status()).isEqualTo(302);
    assertThat(reply().headers())
        .containsExactly(Map.entry("location", "https://shop.example/new/a"), Map.entry("x", "y"));
    assertThat(reply().reason()).isNull();
  }

  @Test
  void directResponse_isAnsweredWithoutNetwork() {
    mesh.update(
        Snapshots.builder()
            .routes(
                "orders", 80, TestRoute.any().action(new RouteAction.DirectResponse(418, "tea"))));
    mesh.start(FakeRequest.get("orders", "/"), transport);
    assertThat(reply().status()).isEqualTo(418);
    assertThat(reply().body()).isEqualTo("tea");
  }

  @Test
  void rewrite_prefixAndHost_reachTheWire() {
    rewrite(TestRoute.prefix("/api"), new Rewrite("/v2", null, null, null, "orders.internal"));
    FakeRequest request = FakeRequest.get("orders", "/api/items?x=1");
    mesh.start(request, transport.script(answer(200)));
    assertThat(request.path()).isEqualTo("/v2/items?x=1");
    assertThat(request.authority()).isEqualTo("orders.internal");
    assertThat(request.headers().get("x-envoy-original-path")).isEqualTo("/api/items?x=1");
  }

  @Test
  void rewrite_regex_usesGroups() {
    rewrite(TestRoute.any(), new Rewrite(null, null, "^/([^/]+)/(.*)$", "/\\2/$\\1", null));
    FakeRequest request = FakeRequest.get("orders", "/a/b?x=1");
    mesh.start(request, transport.script(answer(200)));
    assertThat(request.path()).isEqualTo("/b/$a?x=1");
  }

  private void rewrite(TestRoute route, @Nullable Rewrite rewrite) {
    mesh.update(
        Snapshots.builder()
            .add("orders", endpoint("127.0.0.1", 1))
            .routes("orders", 80, route.to(ORDERS).rewrite(Objects.requireNonNull(rewrite))));
  }
}
