package io.inmesh.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.Randomness;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.AccessLog;
import io.inmesh.model.Fraction;
import io.inmesh.model.LogFilter;
import io.inmesh.model.LogFilter.Comparison;
import io.inmesh.model.LogFormat;
import io.inmesh.testing.FakeRequest;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The lines of access logs: what is in them, which are written, and what happens to too many. */
class AccessLogsTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  private final List<String> written = new ArrayList<>();
  private final List<Runnable> tasks = new ArrayList<>();
  private final AccessLogWriter writer =
      new AccessLogWriter(OpenTelemetry.noop(), Runnable::run, written::add);

  private static AccessLog text(String format, LogFilter filter) {
    return new AccessLog(false, List.of(new AccessLog.Member("", LogFormat.of(format))), filter);
  }

  private static AccessLogEntry entry(
      RequestHead head, int status, int grpc, @Nullable Reason reason, long millis) {
    return entry(head, null, status, grpc, reason, millis);
  }

  private static AccessLogEntry entry(
      RequestHead head,
      @Nullable String originalPath,
      int status,
      int grpc,
      @Nullable Reason reason,
      long millis) {
    Peer peer =
        new Peer(
            new InetSocketAddress("10.0.0.7", 4711),
            SpiffeId.parse("spiffe://cluster.local/ns/default/sa/web"),
            true);
    SpanContext span =
        SpanContext.create(
            TRACE, "b7ad6b7169203331", TraceFlags.getDefault(), TraceState.getDefault());
    return new AccessLogEntry(
        head,
        originalPath,
        peer,
        1_700_000_000_120L,
        millis,
        status,
        grpc,
        reason,
        "main",
        "outbound|80||orders",
        new InetSocketAddress("10.0.0.9", 8080),
        2,
        span);
  }

  private static AccessLogEntry ended(int status, @Nullable Reason reason, long millis) {
    return entry(request("/a?token=s3cret"), status, ResponseHead.NO_GRPC_STATUS, reason, millis);
  }

  private static FakeRequest request(String path) {
    FakeRequest head = FakeRequest.get("orders", path);
    head.headers().set("user-agent", "curl");
    head.headers().set("x-request-id", "7");
    head.headers().set("content-length", "12");
    return head;
  }

  private String line(String format, AccessLogEntry entry) {
    written.clear();
    Objects.requireNonNull(AccessLogs.of(List.of(text(format, LogFilter.ALL))))
        .write(entry, Randomness.SYSTEM, writer);
    return written.get(0);
  }

  @Test
  void defaultLine_saysWhatMatters_withoutTheQuery() {
    assertThat(line(LogFormat.DEFAULT, ended(503, Reason.NO_HEALTHY_ENDPOINT, 31)))
        .isEqualTo(
            "[2023-11-14T22:13:20.120Z] \"GET /a HTTP\" 503 - UH no_healthy_endpoint 12 31"
                + " \"curl\" \"7\" "
                + TRACE
                + " \"orders\" outbound|80||orders \"10.0.0.9:8080\" 2 10.0.0.7:4711"
                + " spiffe://cluster.local/ns/default/sa/web");
  }

  @ParameterizedTest
  @CsvSource({
    "%REQ(:PATH)%, /a?token=s3cret",
    "%PATH(WQ)%, /a?token=s3cret",
    "%PATH(NQ):1%, /",
    "%REQ(X-NONE?USER-AGENT):3%, cur",
    "%REQ(X-NONE)%, -",
    "%REQ(AUTHORIZATION)%, -",
    "100%% %RESPONSE_FLAGS%, 100% -",
    "%RESPONSE_CODE_DETAILS%, via_upstream",
    "%UNHEARD_OF%, -",
    "%SPAN_ID%, b7ad6b7169203331",
  })
  void operators_haveEnvoysMeaning(String format, String expected) {
    AccessLogEntry entry = ended(200, null, 1);
    entry.head().headers().set("authorization", "Bearer s3cret");
    assertThat(line(format, entry)).isEqualTo(expected);
  }

  @Test
  void whatCallersSend_cannotForgeALine() {
    FakeRequest head = request("/a");
    head.headers().set("user-agent", "x\" 200\r\n[forged\\ é");
    String line = line("\"%REQ(USER-AGENT)%\"", entry(head, 200, 0, null, 1));
    assertThat(line).isEqualTo("\"x\\\" 200\\u000d\\u000a[forged\\\\ \\u00e9\"");
  }

  @Test
  void path_isThatBeforeTheRewrite_butForThisSidesOwnOnly() {
    String format =
        "%PATH(NQ)% %PATH(WQ:ORIG)% %PATH(NQ:PATH)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH):2%";
    FakeRequest head = request("/a?b=c");
    head.headers().set("x-envoy-original-path", "/healthz");
    assertThat(line(format, entry(head, 200, 0, null, 1))).isEqualTo("/a - /a /a");
    assertThat(line(format, entry(head, "/old?x=1", 200, 0, null, 1)))
        .isEqualTo("/old /old?x=1 /a /o");
  }

  @Test
  void json_keepsNumbers_andHasNullForWhatIsMissing() {
    AccessLog json =
        new AccessLog(
            true,
            List.of(
                new AccessLog.Member("agent", LogFormat.of("%REQ(USER-AGENT)%")),
                new AccessLog.Member("code", LogFormat.of("%RESPONSE_CODE%")),
                new AccessLog.Member("grpc", LogFormat.of("%GRPC_STATUS_NUMBER%")),
                new AccessLog.Member("flags", LogFormat.of("%RESPONSE_FLAGS%")),
                new AccessLog.Member("what", LogFormat.of("%REQ(:METHOD)% %PATH(NQ)%"))),
            LogFilter.ALL);
    FakeRequest head = request("/a");
    head.headers().set("user-agent", "\"\n");
    Objects.requireNonNull(AccessLogs.of(List.of(json)))
        .write(entry(head, 200, 14, null, 1), Randomness.SYSTEM, writer);
    assertThat(written)
        .containsExactly(
            "{\"agent\":\"\\\"\\u000a\",\"code\":200,\"grpc\":14,\"flags\":null,"
                + "\"what\":\"GET /a\"}");
  }

  @Test
  void filters_chooseCalls() {
    LogFilter failed =
        new LogFilter.Or(
            List.of(
                new LogFilter.Status(Comparison.AT_LEAST, 500),
                new LogFilter.GrpcStatus(Set.of(0), true),
                new LogFilter.Flags(Set.of())));
    LogFilter slow = new LogFilter.Duration(Comparison.AT_LEAST, 100);
    LogFilter half = new LogFilter.Sample(new Fraction(50, 100));
    AccessLogEntry good = ended(200, null, 5);
    AccessLogEntry late = ended(200, null, 100);
    AccessLogEntry created = ended(201, null, 5);
    AccessLogEntry moved = ended(304, null, 5);
    AccessLogEntry bad = ended(500, null, 5);
    AccessLogEntry gone = ended(0, Reason.CANCELLED, 5);
    AccessLogEntry grpc = entry(request("/a"), 200, 14, null, 5);
    assertThat(passing(failed, 0, good, created, moved, late, bad, gone, grpc))
        .containsExactly(bad, gone, grpc);
    assertThat(passing(slow, 0, good, late)).containsExactly(late);
    assertThat(passing(new LogFilter.And(List.of(failed, slow)), 0, late, bad)).isEmpty();
    assertThat(passing(half, 49, good)).hasSize(1);
    assertThat(passing(half, 50, good)).isEmpty();
  }

  private List<AccessLogEntry> passing(LogFilter filter, int dice, AccessLogEntry... entries) {
    AccessLogs logs = Objects.requireNonNull(AccessLogs.of(List.of(text("x", filter))));
    List<AccessLogEntry> passed = new ArrayList<>();
    for (AccessLogEntry entry : entries) {
      written.clear();
      logs.write(entry, dice(dice), writer);
      if (!written.isEmpty()) {
        passed.add(entry);
      }
    }
    return passed;
  }

  private static Randomness dice(int always) {
    return new Randomness() {
      @Override
      public int nextInt(int bound) {
        return always;
      }

      @Override
      public long nextLong() {
        throw new AssertionError();
      }

      @Override
      public double nextDouble() {
        throw new AssertionError();
      }
    };
  }

  @Test
  void slowLogger_losesLines_andHoldsUpNobody() {
    AccessLogWriter slow = new AccessLogWriter(OpenTelemetry.noop(), tasks::add, written::add);
    for (int i = 0; i < AccessLogWriter.CAPACITY + 5; i++) {
      slow.write("line " + i);
    }
    assertThat(written).isEmpty();
    assertThat(tasks).hasSize(1);
    tasks.remove(0).run();
    assertThat(written).hasSize(AccessLogWriter.CAPACITY).endsWith("line 8191");
    slow.write("after");
    tasks.remove(0).run();
    assertThat(written).endsWith("after");
  }

  @Test
  void failingLogger_losesItsLine_andGetsTheNext() {
    AtomicReference<@Nullable Throwable> failure =
        new AtomicReference<>(new IllegalStateException("disk full"));
    AccessLogWriter failing =
        new AccessLogWriter(
            OpenTelemetry.noop(),
            tasks::add,
            line -> {
              Throwable thrown = failure.getAndSet(null);
              if (thrown instanceof Error error) {
                throw error;
              } else if (thrown != null) {
                throw new IllegalStateException(thrown);
              }
              written.add(line);
            });
    failing.write("lost");
    failing.write("kept");
    tasks.remove(0).run();
    failure.set(new StackOverflowError());
    failing.write("lost");
    tasks.remove(0).run();
    failing.write("after");
    tasks.remove(0).run();
    assertThat(written).containsExactly("kept", "after");
  }

  @Test
  void noThread_losesLines_andTriesAgain() {
    AtomicBoolean refuses = new AtomicBoolean(true);
    AccessLogWriter refused =
        new AccessLogWriter(
            OpenTelemetry.noop(),
            task -> {
              if (refuses.get()) {
                throw new RejectedExecutionException();
              }
              task.run();
            },
            written::add);
    refused.write("lost");
    refuses.set(false);
    refused.write("after");
    assertThat(written).containsExactly("after");
  }

  @Test
  void noLogs_areNothingToLookAt() {
    assertThat(AccessLogs.of(List.of())).isNull();
  }
}
