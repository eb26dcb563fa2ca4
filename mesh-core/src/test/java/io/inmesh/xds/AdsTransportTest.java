package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.InsecureChannelCredentials;
import io.inmesh.control.Cancellable;
import io.inmesh.control.Randomness;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.model.Locality;
import io.inmesh.model.RouteConfig;
import io.inmesh.wire.ControlChannel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** ADS against a server that says what a test wants: subscriptions, answers, refusals, absence. */
@Timeout(60)
class AdsTransportTest {

  private final ScriptedControlServer server = new ScriptedControlServer();
  private final ThreadControlLoop loop = new ThreadControlLoop("test-loop");
  private final ControlChannel channel =
      ControlChannel.open(
          server.target(), InsecureChannelCredentials.create(), loop, Randomness.SYSTEM);
  private final AdsTransport transport =
      new AdsTransport(
          channel,
          new NodeIdentity(
              "web.default/1", "web", "web.default.mesh", Map.of(), Locality.UNKNOWN, "test"),
          KnownFilters.NONE,
          loop,
          Randomness.SYSTEM,
          null);

  @AfterEach
  void close() {
    transport.close();
    channel.close();
    loop.close();
    server.close();
  }

  private static final class Events implements ConfigTransport.Listener<RouteConfig> {
    final List<String> seen = new CopyOnWriteArrayList<>();

    @Override
    public void present(Decoded<RouteConfig> resource) {
      seen.add("present " + resource.value().virtualHosts().size());
    }

    @Override
    public void absent(String why) {
      seen.add("absent " + why);
    }

    @Override
    public void rejected(Rejection why) {
      seen.add("rejected " + why.path());
    }

    @Override
    public void unreachable(String why) {
      seen.add("unreachable");
    }
  }

  private List<DiscoveryRequest> requests() {
    return server.requests();
  }

  @Test
  void acknowledgement_namesVersionAndNonce_andTheFirstRequestTheNode() {
    server.put(Protos.routes("a", "c"));
    Events events = new Events();
    long start = loop.clock().nanoTime();
    assertThat(transport.quietSince(start)).isFalse();
    transport.subscribe(ResourceKind.ROUTES, "a", events);
    Await.until("the ACK", () -> requests().size() == 2);
    assertThat(requests().get(0).getNode().getId()).isEqualTo("web.default/1");
    assertThat(requests().get(0).getVersionInfo()).isEmpty();
    assertThat(requests().get(1).getVersionInfo()).isEqualTo("v1");
    assertThat(requests().get(1).getResponseNonce()).isEqualTo("n1");
    assertThat(requests().get(1).hasErrorDetail()).isFalse();
    assertThat(events.seen).containsExactly("present 1");
    Await.until("the end of reading", () -> transport.quietSince(loop.clock().nanoTime()));
    assertThat(transport.quietSince(start)).isFalse();
  }

  @Test
  void equalResource_isNotAnnouncedAgain() {
    server.put(Protos.routes("a", "c"));
    Events events = new Events();
    transport.subscribe(ResourceKind.ROUTES, "a", events);
    Await.until("the first", () -> requests().size() == 2);
    server.put(Protos.routes("a", "c"));
    server.put(Protos.routes("a", "d"));
    Await.until("two more ACKs", () -> requests().size() == 4);
    Await.until("the change", () -> events.seen.size() == 2);
    assertThat(events.seen).containsExactly("present 1", "present 1");
  }

  @Test
  void rejection_carriesThePath_andTheAcceptedVersionStaysNamed() {
    server.put(Protos.routes("a", "c"));
    Events events = new Events();
    transport.subscribe(ResourceKind.ROUTES, "a", events);
    Await.until("the first", () -> requests().size() == 2);
    server.put(Resources.badRoutes("a"));
    Await.until("the rejection", () -> events.seen.size() == 2 && requests().size() == 3);
    assertThat(events.seen.get(1))
        .isEqualTo("rejected virtual_hosts[0].routes[0].route.weighted_clusters.clusters");
    DiscoveryRequest nack = requests().get(2);
    assertThat(nack.getVersionInfo()).isEqualTo("v1");
    assertThat(nack.getResponseNonce()).isEqualTo("n2");
    assertThat(nack.getErrorDetail().getMessage()).contains("'a'").contains("weights sum to zero");
  }

  /** The first request for routes on the stream that follows. */
  private DiscoveryRequest afterTheStreamEnds() {
    int before = requests().size();
    server.streams().get(0).complete();
    Await.until("a new stream", () -> requests().size() > before);
    return requests().get(before);
  }

  @Test
  void versionOfAllThatIsHeld_isClaimedOnANewStream() {
    server.put(Protos.routes("a", "c"));
    transport.subscribe(ResourceKind.ROUTES, "a", new Events());
    Await.until("the ACK", () -> requests().size() == 2);
    assertThat(afterTheStreamEnds().getVersionInfo()).isEqualTo("v1");
  }

  /** The next part of the refused response may have been taken. */
  @Test
  void versionBeforeARefusal_isNotClaimedOnANewStream() {
    server.put(Protos.routes("a", "c"));
    transport.subscribe(ResourceKind.ROUTES, "a", new Events());
    Await.until("the ACK", () -> requests().size() == 2);
    server.put(Resources.badRoutes("a"));
    Await.until("the NACK", () -> requests().size() == 3);
    assertThat(afterTheStreamEnds().getVersionInfo()).isEmpty();
  }

  /** It was dropped, and the version stands for it all the same. */
  @Test
  void versionOfWhatIsAskedForAgain_isNotClaimedOnANewStream() {
    server.put(Protos.routes("a", "c"));
    Cancellable watch = transport.subscribe(ResourceKind.ROUTES, "a", new Events());
    Await.until("the ACK", () -> requests().size() == 2);
    server.script((stream, request) -> true);
    loop.execute(
        () -> {
          watch.cancel();
          transport.subscribe(ResourceKind.ROUTES, "a", new Events());
        });
    Await.until("it is taken back and asked for", () -> requests().size() == 4);
    assertThat(afterTheStreamEnds().getVersionInfo()).isEmpty();
  }

  @Test
  void subscriptions_growAndShrinkByName_andCancellingTwiceIsHarmless() throws Exception {
    Events events = new Events();
    Cancellable first = transport.subscribe(ResourceKind.ROUTES, "a", events);
    Cancellable second = transport.subscribe(ResourceKind.ROUTES, "b", new Events());
    Await.until(
        "both names", () -> requests().stream().anyMatch(r -> r.getResourceNamesCount() == 2));
    first.cancel();
    first.cancel();
    Await.until(
        "one name",
        () ->
            !requests().isEmpty()
                && requests()
                    .get(requests().size() - 1)
                    .getResourceNamesList()
                    .equals(List.of("b")));
    second.cancel();
    second.cancel();
    Await.until(
        "no name", () -> requests().get(requests().size() - 1).getResourceNamesCount() == 0);
    // The client survives all that.
    server.put(Protos.routes("a", "c"));
    Events again = new Events();
    transport.subscribe(ResourceKind.ROUTES, "a", again);
    Await.until("the resource", () -> again.seen.contains("present 1"));
    assertThat(transport.status().toCompletableFuture().get(20, TimeUnit.SECONDS))
        .singleElement()
        .satisfies(
            status -> {
              assertThat(status.name()).isEqualTo("a");
              assertThat(status.state()).isEqualTo("ACKED");
              assertThat(status.version()).isEqualTo("v1");
            });
  }

  /** An empty list of names, where none was ever named, asks for everything. */
  @Test
  void nameThatComesAndGoesAtOnce_asksForNothing() {
    transport.subscribe(ResourceKind.ROUTES, "a", new Events());
    Await.until("the stream", () -> requests().size() >= 1);
    loop.execute(
        () ->
            transport
                .subscribe(
                    ResourceKind.CLUSTER,
                    "b",
                    new ConfigTransport.Listener<ClusterResource>() {
                      @Override
                      public void present(Decoded<ClusterResource> resource) {}

                      @Override
                      public void absent(String why) {}

                      @Override
                      public void rejected(Rejection why) {}

                      @Override
                      public void unreachable(String why) {}
                    })
                .cancel());
    server.put(Protos.routes("a", "c"));
    Await.until("an ACK", () -> requests().stream().anyMatch(r -> !r.getVersionInfo().isEmpty()));
    assertThat(requests()).noneMatch(r -> r.getTypeUrl().equals(ResourceKind.CLUSTER.typeUrl()));
  }

  @Test
  void cancelledWatcher_hearsNothingMore() {
    server.put(Protos.routes("a", "c"));
    Events cancelled = new Events();
    Cancellable watch = transport.subscribe(ResourceKind.ROUTES, "a", cancelled);
    Await.until("the first", () -> cancelled.seen.size() == 1);
    watch.cancel();
    Events other = new Events();
    transport.subscribe(ResourceKind.ROUTES, "a", other);
    server.put(Protos.routes("a", "d"));
    Await.until("the change", () -> !other.seen.isEmpty());
    assertThat(cancelled.seen).hasSize(1);
  }

  /** What is only missed for long enough is absent without a reason. */
  @Test
  void notFoundErrors_reachTheWatcherAtOnce() {
    Events events = new Events();
    transport.subscribe(ResourceKind.ROUTES, "nobody", events);
    Await.until("absence", () -> !events.seen.isEmpty());
    assertThat(events.seen).containsExactly("absent not found");
    server.put(Protos.routes("nobody", "c"));
    Await.until("presence", () -> events.seen.contains("present 1"));
  }

  @Test
  void unreadableResource_deletesNothing() {
    String url = Resources.url(Protos.listener("a"));
    CopyOnWriteArrayList<String> seen = new CopyOnWriteArrayList<>();
    server.put(Protos.listener("a"), Protos.listener("b"));
    for (String name : List.of("a", "b")) {
      transport.subscribe(
          ResourceKind.LISTENER,
          name,
          new ConfigTransport.Listener<ListenerResource>() {
            @Override
            public void present(Decoded<ListenerResource> resource) {
              seen.add("present " + name);
            }

            @Override
            public void absent(String why) {
              seen.add("absent " + name);
            }

            @Override
            public void rejected(Rejection why) {}

            @Override
            public void unreachable(String why) {}
          });
    }
    Await.until("both", () -> seen.contains("present a") && seen.contains("present b"));
    seen.clear();
    ScriptedControlServer.Stream stream = server.streams().get(0);
    stream.send(
        stream
            .response(url)
            .addResources(
                Any.newBuilder()
                    .setTypeUrl(url)
                    .setValue(com.google.protobuf.ByteString.copyFromUtf8("\u0007garbage")))
            .build());
    Await.until("the NACK", () -> requests().stream().anyMatch(DiscoveryRequest::hasErrorDetail));
    server.remove(Protos.listener("b"));
    Await.until("a real deletion", () -> seen.contains("absent b"));
    assertThat(seen).doesNotContain("absent a");
  }
}
