package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import io.inmesh.http.netty.TransportSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same code with the JDK's client and with ours, against the same server: what the application
 * sees must be the same. What is meant to differ is asserted elsewhere (the failures' classes below
 * IOException, push promises, proxies).
 */
@SuppressWarnings({"NullAway", "FutureReturnValueIgnored"}) // refusals of null are compared, too
@Timeout(60)
class JdkContractTest {
  /** Something an application does with a client, and what it sees of it. */
  interface Scenario {
    Object run(HttpClient client, URI base) throws Exception;
  }

  /** Runs only on a connection that is there: what a timeout is called depends on it. */
  private static HttpRequest never(HttpClient client, URI base)
      throws IOException, InterruptedException {
    client.send(at(base, "/echo").build(), BodyHandlers.ofString());
    return at(base, "/never").timeout(Duration.ofMillis(200)).build();
  }

  @TempDir static Path directory;

  private static HttpRequest.Builder at(URI base, String path) {
    return HttpRequest.newBuilder(base.resolve(path));
  }

  private static Named<Scenario> of(String name, Scenario scenario) {
    return Named.of(name, scenario);
  }

  private static Named<Scenario> get(String name, String path, BodyHandler<?> handler) {
    return of(name, (client, base) -> seen(client.send(at(base, path).build(), handler)));
  }

  private static Named<Scenario> post(String name, BodyPublisher body) {
    return of(
        name,
        (client, base) ->
            seen(client.send(at(base, "/echo").POST(body).build(), BodyHandlers.ofString())));
  }

  /** A refusal before anything is sent. */
  private static Named<Scenario> refused(String name, Scenario scenario) {
    return of(
        name,
        (client, base) -> {
          try {
            return scenario.run(client, base);
          } catch (IllegalArgumentException | NullPointerException refusal) {
            return refusal.getClass().getSimpleName();
          }
        });
  }

  /** Everything a response shows, with fields that any server may write left out. */
  private static String seen(HttpResponse<?> response) {
    Map<String, List<String>> headers = new TreeMap<>(response.headers().map());
    headers.keySet().removeAll(List.of("date", "x-admitted", "connection", "x-protocol"));
    return response.statusCode()
        + " "
        + response.uri().getPath()
        + " "
        + response.request().method()
        + " "
        + headers
        + " "
        + text(response.body())
        + " "
        + response.previousResponse().map(before -> "after " + seen(before)).orElse("")
        + response.sslSession().isPresent();
  }

  private static String text(Object body) {
    if (body instanceof byte[] bytes) {
      return "bytes " + new String(bytes, StandardCharsets.UTF_8);
    }
    if (body instanceof Stream<?> lines) {
      return "lines " + lines.map(Object::toString).collect(Collectors.joining("|"));
    }
    if (body instanceof InputStream in) {
      try (in) {
        return "stream " + new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException broken) {
        throw new UncheckedIOException(broken);
      }
    }
    if (body instanceof Path file) {
      try {
        return "file " + Files.readString(file);
      } catch (IOException broken) {
        throw new UncheckedIOException(broken);
      }
    }
    return String.valueOf(body);
  }

  static Stream<Named<Scenario>> scenarios() {
    List<Named<Scenario>> all = new ArrayList<>();
    for (int status : new int[] {200, 201, 204, 304, 400, 404, 418, 500, 503, 599}) {
      all.add(get("status " + status, "/status/" + status, BodyHandlers.ofString()));
    }
    all.add(get("bytes", "/echo", BodyHandlers.ofByteArray()));
    all.add(get("stream", "/long", BodyHandlers.ofInputStream()));
    all.add(get("lines", "/lines", BodyHandlers.ofLines()));
    all.add(get("discarded", "/long", BodyHandlers.discarding()));
    all.add(get("replaced", "/long", BodyHandlers.replacing("instead")));
    all.add(get("file", "/long", BodyHandlers.ofFile(directory.resolve("body"))));
    all.add(get("buffered", "/long", BodyHandlers.buffering(BodyHandlers.ofString(), 7)));
    all.add(
        get(
            "mapped",
            "/echo",
            info ->
                BodySubscribers.mapping(
                    BodySubscribers.ofString(StandardCharsets.UTF_8),
                    body -> info.statusCode() + body.length())));
    all.add(get("empty stream", "/status/204", BodyHandlers.ofInputStream()));
    all.add(get("query and escapes", "/echo?a=%20b&c=d%2Fe", BodyHandlers.ofString()));
    all.add(get("fields with several values", "/fields", BodyHandlers.ofString()));
    for (String method : List.of("HEAD", "DELETE", "OPTIONS", "PATCH", "PROPFIND")) {
      all.add(
          of(
              method,
              (client, base) ->
                  seen(
                      client.send(
                          at(base, "/echo").method(method, BodyPublishers.noBody()).build(),
                          BodyHandlers.ofString()))));
    }
    byte[] large = new byte[300_000];
    Arrays.fill(large, (byte) 'x');
    all.add(post("no body", BodyPublishers.noBody()));
    all.add(post("text", BodyPublishers.ofString("grüße")));
    all.add(
        post(
            "a part of an array",
            BodyPublishers.ofByteArray("hello".getBytes(StandardCharsets.UTF_8), 1, 3)));
    all.add(post("a large array", BodyPublishers.ofByteArray(large)));
    all.add(post("arrays", BodyPublishers.ofByteArrays(List.of(large, new byte[0], large))));
    all.add(
        post(
            "an input stream",
            BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(large))));
    all.add(
        of(
            "an input stream that is null",
            (client, base) -> {
              try {
                return seen(
                    client.send(
                        at(base, "/echo").POST(BodyPublishers.ofInputStream(() -> null)).build(),
                        BodyHandlers.ofString()));
              } catch (IOException failure) {
                return "IOException";
              }
            }));
    all.add(
        of(
            "a file",
            (client, base) -> {
              Path file = Files.writeString(directory.resolve("upload"), "from a file");
              return seen(
                  client.send(
                      at(base, "/echo").POST(BodyPublishers.ofFile(file)).build(),
                      BodyHandlers.ofString()));
            }));
    all.add(
        of(
            "sendAsync",
            (client, base) ->
                seen(client.sendAsync(at(base, "/echo").build(), BodyHandlers.ofString()).get())));
    all.add(
        of(
            "a body publisher that fails",
            (client, base) -> {
              BodyPublisher failing =
                  BodyPublishers.ofByteArrays(
                      () -> {
                        throw new IllegalStateException("no body today");
                      });
              try {
                return client.send(
                    at(base, "/echo").POST(failing).build(), BodyHandlers.ofString());
              } catch (IOException failure) {
                return "IOException";
              }
            }));
    all.add(
        of(
            "a body handler that throws",
            (client, base) -> {
              try {
                return client
                    .sendAsync(
                        at(base, "/echo").build(),
                        info -> {
                          throw new IllegalStateException("no taste");
                        })
                    .get();
              } catch (ExecutionException failure) {
                return failure.getCause().getMessage();
              }
            }));
    all.add(
        of(
            "a body handler that throws, send",
            (client, base) -> {
              try {
                return client.send(
                    at(base, "/echo").build(),
                    info -> {
                      throw new IllegalStateException("no taste");
                    });
              } catch (IOException failure) {
                return "IOException: " + failure.getMessage();
              }
            }));
    all.add(
        of(
            "time to the head",
            (client, base) -> {
              HttpRequest request = never(client, base);
              try {
                return client.send(request, BodyHandlers.ofString());
              } catch (HttpTimeoutException failure) {
                return failure.getClass().getSimpleName() + " " + failure.getMessage();
              }
            }));
    all.add(
        of(
            "time to the head, sendAsync",
            (client, base) -> {
              HttpRequest request = never(client, base);
              return client
                  .sendAsync(request, BodyHandlers.ofString())
                  .handle(
                      (response, failure) ->
                          (failure instanceof CompletionException ? failure.getCause() : failure)
                              .getClass()
                              .getSimpleName())
                  .get();
            }));
    all.add(
        of(
            "cancel",
            (client, base) -> {
              CompletableFuture<HttpResponse<String>> future =
                  client.sendAsync(at(base, "/never").build(), BodyHandlers.ofString());
              return future.cancel(true)
                  + " "
                  + future.isCancelled()
                  + " "
                  + future.isCompletedExceptionally();
            }));
    all.add(
        of(
            "a server that breaks off",
            (client, base) -> {
              try {
                return seen(client.send(at(base, "/broken").build(), BodyHandlers.ofString()));
              } catch (IOException failure) {
                return "IOException";
              }
            }));
    all.add(refused("no request", (client, base) -> client.send(null, BodyHandlers.ofString())));
    all.add(refused("no handler", (client, base) -> client.send(at(base, "/").build(), null)));
    all.add(refused("no request, sendAsync", (client, base) -> client.sendAsync(null, null)));
    all.add(
        refused(
            "null from the handler",
            (client, base) -> {
              try {
                return client.sendAsync(at(base, "/echo").build(), info -> null).get();
              } catch (ExecutionException failure) {
                return failure.getCause().getClass().getSimpleName();
              }
            }));
    for (Redirect policy : Redirect.values()) {
      for (int status : new int[] {300, 301, 302, 303, 307, 308}) {
        all.add(redirected(policy + " GET " + status, status, policy, "GET"));
        all.add(redirected(policy + " POST " + status, status, policy, "POST"));
      }
    }
    all.add(
        of(
            "redirected for ever",
            (client, base) -> {
              try (Closing following = new Closing(following(client, Redirect.ALWAYS))) {
                return following
                    .client
                    .send(at(base, "/loop").build(), BodyHandlers.ofString())
                    .statusCode();
              }
            }));
    return all.stream();
  }

  /** A client that may be ours. */
  private record Closing(HttpClient client) implements AutoCloseable {
    @Override
    public void close() {
      if (client instanceof MeshHttpClient ours) {
        ours.close();
      }
    }
  }

  private static Named<Scenario> redirected(
      String name, int status, Redirect policy, String method) {
    return of(
        "redirect " + name,
        (client, base) -> {
          HttpRequest request =
              at(base, "/redirect/" + status)
                  .header("x-kept", "yes")
                  .method(
                      method,
                      method.equals("GET")
                          ? BodyPublishers.noBody()
                          : BodyPublishers.ofString("again"))
                  .build();
          try (Closing following = new Closing(following(client, policy))) {
            return seen(following.client.send(request, BodyHandlers.ofString()));
          }
        });
  }

  private static HttpClient following(HttpClient like, Redirect policy) {
    return like instanceof MeshHttpClient
        ? MeshHttpClient.builder(current.engine).followRedirects(policy).build()
        : HttpClient.newBuilder().version(like.version()).followRedirects(policy).build();
  }

  /** The rig of the running test: scenarios are made before there is one. */
  private static Rig current;

  @ParameterizedTest
  @MethodSource("scenarios")
  void client_behavesLikeTheJdks(Scenario scenario) throws Exception {
    try (Rig rig = new Rig(Wire.HTTP1)) {
      rig.clientSettings = TransportSettings.DEFAULT;
      current = rig;
      MeshHttpServer server = rig.server(JdkContractTest::serve);
      rig.orders(server);
      HttpClient jdk = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
      Object expected =
          scenario.run(jdk, URI.create("http://127.0.0.1:" + server.getAddress().getPort()));
      Object actual = scenario.run(rig.client(), URI.create("http://orders"));
      assertThat(actual).isEqualTo(expected);
    }
  }

  private static void serve(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    byte[] body = exchange.getRequestBody().readAllBytes();
    if (path.startsWith("/status/")) {
      int status = Integer.parseInt(path.substring(8), 10);
      boolean bodiless = status == 204 || status == 304;
      answer(exchange, status, bodiless ? new byte[0] : "status".getBytes(StandardCharsets.UTF_8));
    } else if (path.startsWith("/redirect/")) {
      exchange.getResponseHeaders().set("Location", "/echo");
      answer(exchange, Integer.parseInt(path.substring(10), 10), new byte[0]);
    } else if (path.equals("/loop")) {
      exchange.getResponseHeaders().set("Location", "/loop");
      answer(exchange, 302, new byte[0]);
    } else if (path.equals("/long")) {
      exchange.sendResponseHeaders(200, 0);
      for (int i = 0; i < 2000; i++) {
        exchange.getResponseBody().write(("line " + i + "\n").getBytes(StandardCharsets.UTF_8));
      }
      exchange.close();
    } else if (path.equals("/lines")) {
      answer(exchange, 200, "a\nb\r\nc".getBytes(StandardCharsets.UTF_8));
    } else if (path.equals("/fields")) {
      exchange.getResponseHeaders().put("X-Several", List.of("a", "b", "c, d"));
      exchange.getResponseHeaders().put("Set-Cookie", List.of("a=b", "c=d"));
      answer(exchange, 200, new byte[0]);
    } else if (path.equals("/broken")) {
      exchange.sendResponseHeaders(200, 1000);
      exchange.getResponseBody().write(new byte[10]);
      exchange.getResponseBody().flush();
      throw new IOException("broken off");
    } else if (path.equals("/never")) {
      try {
        exchange.getRequestBody().read();
        new java.util.concurrent.CountDownLatch(1).await(10, java.util.concurrent.TimeUnit.SECONDS);
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
      answer(exchange, 200, new byte[0]);
    } else {
      String head =
          exchange.getRequestMethod()
              + " "
              + exchange.getRequestURI()
              + " "
              + exchange.getRequestHeaders().getFirst("x-kept")
              + " "
              // Older versions of the JDK send a length of 0 where no body is expected.
              + (exchange.getRequestMethod().equals("POST")
                  ? exchange.getRequestHeaders().getFirst("Content-Length")
                  : "")
              + " ";
      ByteBuffer all = ByteBuffer.allocate(head.length() + body.length);
      all.put(head.getBytes(StandardCharsets.UTF_8)).put(body);
      answer(exchange, 200, all.array());
    }
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    boolean bodiless = exchange.getRequestMethod().equals("HEAD") || body.length == 0;
    exchange.sendResponseHeaders(status, bodiless ? -1 : body.length);
    if (!bodiless) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }
}
