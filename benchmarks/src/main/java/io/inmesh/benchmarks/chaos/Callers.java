package io.inmesh.benchmarks.chaos;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.MeshException;
import io.inmesh.RequestOptions;
import io.inmesh.benchmarks.peers.Bytes;
import io.inmesh.call.OutboundCall;
import io.inmesh.grpc.MeshChannels;
import io.inmesh.http.MeshHttpClient;
import io.inmesh.http.MeshHttpResponse;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Threads of a process that send requests with keys, each key once. */
final class Callers implements AutoCloseable {
  /** How requests travel, in turns. */
  enum Kind {
    HTTP1,
    HTTP2,
    GRPC
  }

  /** What came of the requests of one kind. */
  static final class Tally {
    /** Those that are over. */
    final LongAdder over = new LongAdder();

    /** Those that were answered as they should be. */
    final LongAdder answered = new LongAdder();

    /** Those of which there was more than one attempt. */
    final LongAdder repeated = new LongAdder();

    /** Why the others failed. */
    final Map<String, LongAdder> failures = new ConcurrentSkipListMap<>();
  }

  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final int LARGEST = 4000;

  private final int requests;
  private final String run;
  private final Mesh mesh;
  private final MeshHttpClient http;
  private final ManagedChannel channel;
  private final AtomicInteger next = new AtomicInteger();
  private final Set<String> answered = ConcurrentHashMap.newKeySet();
  private final Map<Kind, Tally> tallies =
      Map.of(Kind.HTTP1, new Tally(), Kind.HTTP2, new Tally(), Kind.GRPC, new Tally());

  Callers(String control, int requests, String run) {
    this.requests = requests;
    this.run = run;
    this.mesh = MeshConfig.builder().service("web").controlServer(control).insecure(true).start();
    this.http = MeshHttpClient.create(mesh);
    this.channel = MeshChannels.forTarget(mesh, "mesh:///orders:9000");
  }

  /** Sends requests one after the other until all are sent; for as many threads as there are. */
  void run() {
    int number;
    while ((number = next.getAndIncrement()) < requests) {
      Kind kind = Kind.values()[number % Kind.values().length];
      Tally tally = tally(kind);
      String key = run + "-" + number;
      String failure = send(kind, key, key + "\n" + "x".repeat(number * 31 % LARGEST));
      if (failure == null) {
        answered.add(key);
        tally.answered.increment();
      } else {
        tally.failures.computeIfAbsent(failure, why -> new LongAdder()).increment();
      }
      tally.over.increment();
    }
  }

  /** Null: it was answered. */
  @SuppressWarnings("try") // the scope is closed, not used
  private @Nullable String send(Kind kind, String key, String body) {
    RequestOptions options = RequestOptions.DEFAULT.withIdempotencyKey(key).withTimeout(PATIENCE);
    try (Scope unused = options.makeCurrent()) {
      String answer =
          switch (kind) {
            case HTTP1 -> http("http://orders/", body);
            case HTTP2 -> http("http://orders:8080/", body);
            case GRPC -> grpc(body);
          };
      return answer.equals(key) ? null : answer;
    } catch (IOException e) {
      return e instanceof MeshException failed
          ? failed.reason().name()
          : e.getClass().getSimpleName();
    } catch (StatusRuntimeException e) {
      return reason(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  private static String reason(StatusRuntimeException e) {
    return e.getCause() instanceof MeshException failed
        ? failed.reason().name()
        : String.valueOf(e.getStatus().getCode());
  }

  private String http(String uri, String body) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(uri))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    boolean first = MeshHttpResponse.attemptsOf(response).size() == 1;
    repeated(uri.endsWith(":8080/") ? Kind.HTTP2 : Kind.HTTP1, first);
    return response.statusCode() == 200 ? response.body() : "status " + response.statusCode();
  }

  private String grpc(String body) {
    AtomicReference<@Nullable OutboundCall> call = new AtomicReference<>();
    byte[] answer =
        ClientCalls.blockingUnaryCall(
            channel,
            Bytes.ECHO,
            CallOptions.DEFAULT
                .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .withOption(MeshChannels.OBSERVER, call::set),
            body.getBytes(StandardCharsets.UTF_8));
    OutboundCall seen = call.get();
    repeated(Kind.GRPC, seen == null || seen.attempts().size() == 1);
    return new String(answer, StandardCharsets.UTF_8);
  }

  private void repeated(Kind kind, boolean first) {
    if (!first) {
      tally(kind).repeated.increment();
    }
  }

  /** What came of the requests of a kind. */
  Tally tally(Kind kind) {
    Tally found = tallies.get(kind);
    if (found == null) {
      throw new IllegalArgumentException(kind.name());
    }
    return found;
  }

  /** Requests that are over. */
  long over() {
    return tallies.values().stream().mapToLong(tally -> tally.over.sum()).sum();
  }

  /** The keys that were answered. */
  Set<String> answered() {
    return answered;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    http.shutdownNow();
    mesh.close();
  }
}
