package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.grpc.InsecureChannelCredentials;
import io.inmesh.control.Randomness;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.identity.SealedFiles;
import io.inmesh.model.Locality;
import io.inmesh.model.RouteConfig;
import io.inmesh.wire.ControlChannel;
import io.inmesh.wire.state.v1.Configuration;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Configuration from before the start, while the control server does not answer. */
@Timeout(60)
class KeptConfigurationTest {
  private static final String NOWHERE = "127.0.0.1:1";

  @TempDir private Path directory = Path.of("");
  private final ScriptedControlServer server = new ScriptedControlServer();
  private final ThreadControlLoop loop = new ThreadControlLoop("test-loop");
  private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
    loop.close();
    server.close();
  }

  private static NodeIdentity node(String service) {
    return new NodeIdentity(
        service + ".default/1",
        service,
        service + ".default.mesh",
        Map.of(),
        Locality.UNKNOWN,
        "test");
  }

  private KeptConfiguration kept(String service) {
    return KeptConfiguration.in(directory, node(service), loop, Runnable::run);
  }

  private AdsTransport transport(String target, String service) {
    ControlChannel channel =
        ControlChannel.open(target, InsecureChannelCredentials.create(), loop, Randomness.SYSTEM);
    AdsTransport transport =
        new AdsTransport(
            channel, node(service), KnownFilters.NONE, loop, Randomness.SYSTEM, kept(service));
    opened.add(transport);
    opened.add(channel);
    return transport;
  }

  private static final class Events implements ConfigTransport.Listener<RouteConfig> {
    final List<String> seen = new CopyOnWriteArrayList<>();

    @Override
    public void present(Decoded<RouteConfig> resource) {
      seen.add(resource.value().name() + " with " + resource.value().virtualHosts().size());
    }

    @Override
    public void absent(String why) {
      seen.add("absent");
    }

    @Override
    public void rejected(Rejection why) {
      seen.add("rejected");
    }

    @Override
    public void unreachable(String why) {}
  }

  private List<String> kept() {
    try {
      byte[] bytes = SealedFiles.open(directory).read("configuration").orElse(new byte[0]);
      return Configuration.parseFrom(bytes).getResourcesList().stream()
          .map(resource -> new String(resource.getValue().toByteArray(), StandardCharsets.UTF_8))
          .toList();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String state(AdsTransport transport) {
    return transport.status().toCompletableFuture().join().get(0).state();
  }

  private void keep(String... names) {
    for (String name : names) {
      server.put(Protos.routes(name, "c"));
    }
    AdsTransport first = transport(server.target(), "web");
    for (String name : names) {
      first.subscribe(ResourceKind.ROUTES, name, new Events());
    }
    Await.until("it is written", () -> kept().size() == names.length);
    first.close();
  }

  @Test
  void whatWasAccepted_servesWhileNobodyAnswers() throws Exception {
    keep("a", "b");

    AdsTransport second = transport(NOWHERE, "web");
    Events events = new Events();
    second.subscribe(ResourceKind.ROUTES, "a", events);
    Await.until("the kept routes", () -> !events.seen.isEmpty());
    assertThat(events.seen).containsExactly("a with 1");
    assertThat(state(second)).isEqualTo("KEPT");
    Events later = new Events();
    second.subscribe(ResourceKind.ROUTES, "b", later);
    Await.until("what is asked for later", () -> later.seen.equals(List.of("b with 1")));
  }

  @Test
  void controlServerThatAnswers_isHeardInstead() throws Exception {
    keep("a");
    AdsTransport second = transport(server.target(), "web");
    Events events = new Events();
    second.subscribe(ResourceKind.ROUTES, "a", events);
    // One that is slow to answer may be stood in for until it does.
    Await.until("it is heard", () -> state(second).equals("ACKED"));
    assertThat(events.seen).isNotEmpty();
  }

  @Test
  void whatIsNotUsedAnyMore_isDropped() {
    keep("a", "b");
    AdsTransport second = transport(server.target(), "web");
    second.subscribe(ResourceKind.ROUTES, "b", new Events());
    Await.until("only b", () -> kept().size() == 1 && kept().get(0).contains("b"));
  }

  /** A process that dies between two answers leaves what it found, not the half of it. */
  @Test
  void firstAnswers_doNotReplaceWhatWasKept_untilAllAreThere() throws Exception {
    keep("a", "b");
    List<ScriptedControlServer.Stream> asking = new CopyOnWriteArrayList<>();
    server.script(
        (stream, request) -> {
          if (request.getResponseNonce().isEmpty()) {
            asking.add(stream);
            stream.send(
                stream
                    .response(request.getTypeUrl())
                    .addResources(Any.pack(Protos.routes("a", "another")))
                    .build());
          }
          return true;
        });
    AdsTransport second = transport(server.target(), "web");
    Events first = new Events();
    Events late = new Events();
    second.subscribe(ResourceKind.ROUTES, "a", first);
    second.subscribe(ResourceKind.ROUTES, "b", late);
    Await.until("the first answer", () -> !first.seen.isEmpty());
    afterTheNextWrite();
    assertThat(kept()).hasSize(2).noneMatch(text -> text.contains("another"));

    ScriptedControlServer.Stream stream = asking.get(0);
    String url = ScriptedControlServer.url(Protos.routes("b", "another"));
    stream.send(stream.response(url).addResources(Any.pack(Protos.routes("b", "another"))).build());
    Await.until("the second answer", () -> !late.seen.isEmpty());
    Await.until(
        "both are written",
        () -> kept().size() == 2 && kept().stream().allMatch(text -> text.contains("another")));
  }

  /** Timers of one loop run in the order of their times. */
  private void afterTheNextWrite() throws InterruptedException {
    CountDownLatch passed = new CountDownLatch(1);
    loop.execute(
        () ->
            loop.schedule(
                TimeUnit.MILLISECONDS.toNanos(550), () -> loop.execute(passed::countDown)));
    assertThat(passed.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whatIsOfAnotherService_orWasChanged_isNotUsed() throws Exception {
    keep("a");
    List<Configuration> read = new ArrayList<>();
    kept("web").read(read::add);
    assertThat(read).hasSize(1);
    kept("batch").read(read::add);
    Path file = directory.resolve("configuration");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    kept("web").read(read::add);
    assertThat(read).hasSize(1);
  }

  @Test
  void whatIsTooLarge_isNotKept() throws Exception {
    KeptConfiguration kept = kept("web");
    Any small = Any.pack(Protos.routes("a", "c"));
    Any large =
        Any.newBuilder()
            .setTypeUrl(small.getTypeUrl())
            .setValue(ByteString.copyFrom(new byte[KeptConfiguration.MAX_BYTES]))
            .build();
    loop.execute(() -> kept.update("type", Map.of("large", large), name -> true));
    loop.schedule(
        TimeUnit.SECONDS.toNanos(1),
        () -> kept.update("type", Map.of("small", small), name -> name.equals("small")));
    Await.until("the small one", () -> !kept().isEmpty());
    assertThat(kept()).hasSize(1);
    assertThat(Files.size(directory.resolve("configuration"))).isLessThan(10_000);
  }
}
