package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.Mesh;
import io.inmesh.MeshException.Reason;
import io.inmesh.call.Admission;
import io.inmesh.call.BodyStart;
import io.inmesh.call.Inbound;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Outbound;
import io.inmesh.call.RequestHead;
import io.inmesh.control.Clock;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.OpenCall;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Who decides about a request looks at its body first; applications read it as if nobody had. */
@SuppressWarnings("StringConcatToTextBlock") // the wire's line ends are meant to be seen
class ShownBodyTest {
  private static final FakeMesh ENGINE = new FakeMesh();

  /** The containers, and what is asked before requests reach their applications. */
  @SuppressWarnings("ImmutableEnumChecker") // what is asked changes with each test
  private enum Container implements Mesh, Inbound {
    TOMCAT(WebApplicationType.SERVLET),
    NETTY(WebApplicationType.REACTIVE);

    private final LinkedBlockingQueue<String> shown = new LinkedBlockingQueue<>();
    private volatile Function<RequestHead, Admission> policy = head -> ALLOWED;
    private final BootServer server;

    Container(WebApplicationType type) {
      server = new BootServer(type, this, Application.class);
    }

    @Override
    public Admission admit(RequestHead head, io.inmesh.call.Peer peer) {
      return policy.apply(head);
    }

    @Override
    public Inbound inbound(int port) {
      return this;
    }

    @Override
    public Outbound outbound() {
      return ENGINE.engine();
    }

    @Override
    public Clock clock() {
      return Clock.SYSTEM;
    }

    @Override
    public void close() {}

    void look(int limit) {
      policy =
          head -> {
            CompletionStage<BodyStart> start = head.body(limit);
            return start == null
                ? refusal(415)
                : new Admission.Pending(
                    start.thenApply(
                        known -> {
                          shown.add(
                              StandardCharsets.UTF_8.decode(known.bytes())
                                  + (known.whole() ? "" : "+"));
                          return ALLOWED;
                        }));
          };
    }

    /** The same, asked on the thread that makes all decisions. */
    void look(int limit, Executor thread) {
      look(limit);
      Function<RequestHead, Admission> looks = policy;
      policy =
          head ->
              new Admission.Pending(
                  CompletableFuture.supplyAsync(() -> looks.apply(head), thread)
                      .thenCompose(asked -> ((Admission.Pending) asked).result()));
    }

    String post(String target, String type, String body) throws IOException {
      return server.answer(
          "POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(target, type, body.length(), body));
    }
  }

  private static final Admission ALLOWED = new Admission.Allowed(new OpenCall());

  private static Admission refusal(int status) {
    return new Admission.Denied(new LocalReply(status, 13, List.of(), "", Reason.DENIED));
  }

  @SpringBootConfiguration
  @EnableAutoConfiguration
  static class Application {
    @Bean
    Handler handler() {
      return new Handler();
    }
  }

  /** What forms are bound to. */
  record Person(String name, String town) {}

  @RestController
  static class Handler {
    @PostMapping("/raw")
    String raw(@RequestBody(required = false) String body) {
      return "read " + body;
    }

    @PostMapping("/thread")
    String thread() {
      return Thread.currentThread().getName();
    }

    @PostMapping("/form")
    String form(@ModelAttribute Person person) {
      return person.name() + " of " + person.town();
    }
  }

  @BeforeEach
  void forget() {
    for (Container container : Container.values()) {
      container.shown.clear();
    }
  }

  @AfterAll
  static void stop() {
    for (Container container : Container.values()) {
      container.server.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"TOMCAT, 100", "TOMCAT, 3", "NETTY, 100", "NETTY, 3"})
  void body_isShown_andReadByTheApplication(Container container, int limit) throws IOException {
    container.look(limit);
    assertThat(container.post("/raw", "text/plain", "hello")).endsWith("read hello");
    assertThat(container.shown).containsExactly(limit == 3 ? "hel+" : "hello");
    assertThat(container.post("/raw", "text/plain", "")).endsWith("read null");
    assertThat(container.shown).last().isEqualTo("");
    String large = "x".repeat(100_000);
    assertThat(container.post("/raw", "text/plain", large)).endsWith("read " + large);
    assertThat(container.shown).last().isEqualTo("x".repeat(limit) + "+");
  }

  @ParameterizedTest
  @CsvSource({"TOMCAT, 100", "TOMCAT, 3", "NETTY, 100", "NETTY, 3"})
  void form_isBound_afterItWasShown(Container container, int limit) throws IOException {
    container.look(limit);
    String form = "name=J%C3%BCrgen+M&town=Ulm";
    assertThat(container.post("/form", "application/x-www-form-urlencoded", form))
        .endsWith(
            new String(
                "Jürgen M of Ulm".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    assertThat(container.shown).containsExactly(limit == 3 ? "nam+" : form);
  }

  @ParameterizedTest
  @EnumSource
  void changedQuery_isWhatFormsAreBoundTo(Container container) throws IOException {
    container.policy =
        head -> {
          head.path("/form?town=Ulm");
          return ALLOWED;
        };
    assertThat(
            container.post("/form?town=Bonn&x=1", "application/x-www-form-urlencoded", "name=Ann"))
        .endsWith("Ann of Ulm");
  }

  @ParameterizedTest
  @CsvSource({"TOMCAT, 415", "NETTY, 200"})
  void severalParts_areShownWhereTheContainerCan(Container container, int status)
      throws IOException {
    container.look(10);
    String parts =
        "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAnn\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"town\"\r\n\r\nUlm\r\n--b--\r\n";
    String answer = container.post("/form", "multipart/form-data; boundary=b", parts);
    assertThat(answer).startsWith("HTTP/1.1 " + status);
    if (status == 200) {
      assertThat(answer).endsWith("Ann of Ulm");
    }
  }

  /** Bodies arrive when callers like; and what applications do with them takes its time. */
  @ParameterizedTest
  @EnumSource
  void threadThatDecides_neitherWaitsForBodies_norRunsApplications(Container container)
      throws Exception {
    ExecutorService decides =
        Executors.newSingleThreadExecutor(task -> new Thread(task, "decides"));
    try (Socket caller = new Socket(InetAddress.getLoopbackAddress(), container.server.port())) {
      CountDownLatch asked = new CountDownLatch(1);
      container.look(
          100,
          task ->
              decides.execute(
                  () -> {
                    task.run();
                    asked.countDown();
                  }));
      caller.setSoTimeout(30_000);
      write(
          caller,
          "POST /thread HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\n");
      assertThat(asked.await(30, TimeUnit.SECONDS)).as("free while the body is awaited").isTrue();
      write(caller, "hello");
      assertThat(new String(caller.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 200")
          .doesNotContain("decides");
      assertThat(container.shown).containsExactly("hello");
    } finally {
      decides.shutdown();
    }
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  @ParameterizedTest
  @EnumSource
  void applicationOfADecisionMadeLater_runsOnAThreadOfTheContainer(Container container)
      throws Exception {
    ExecutorService decides =
        Executors.newSingleThreadExecutor(task -> new Thread(task, "decides"));
    try {
      container.policy =
          head -> new Admission.Pending(CompletableFuture.supplyAsync(() -> ALLOWED, decides));
      assertThat(container.post("/thread", "text/plain", "hello"))
          .startsWith("HTTP/1.1 200")
          .doesNotContain("decides");
    } finally {
      decides.shutdown();
    }
  }

  @ParameterizedTest
  @EnumSource
  void requestThatIsRefusedByItsBody_isAnswered(Container container) throws IOException {
    container.policy =
        head -> {
          CompletionStage<BodyStart> start = head.body(3);
          assertThat(start).isNotNull();
          return new Admission.Pending(start.thenApply(known -> refusal(413)));
        };
    assertThat(container.post("/raw", "text/plain", "x".repeat(1000))).startsWith("HTTP/1.1 413");
  }
}
