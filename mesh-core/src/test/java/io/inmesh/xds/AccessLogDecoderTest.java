package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLogFilter;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import io.inmesh.model.AccessLog;
import io.inmesh.model.Fraction;
import io.inmesh.model.LogFilter;
import io.inmesh.model.LogFilter.Comparison;
import io.inmesh.model.LogFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which access logs are taken, and what is said of those that are not. */
class AccessLogDecoderTest {
  private final Decoding decoding = new Decoding(KnownFilters.NONE);

  private List<AccessLog> decode(Message logger, String filter) throws Rejection {
    var log =
        io.envoyproxy.envoy.config.accesslog.v3.AccessLog.newBuilder()
            .setTypedConfig(Any.pack(logger));
    if (!filter.isEmpty()) {
      log.setFilter(Text.merge(filter, AccessLogFilter.newBuilder()));
    }
    return new AccessLogDecoder(decoding).logs(List.of(log.build()), FieldPath.ROOT);
  }

  private static StdoutAccessLog stdout(String text) throws Rejection {
    return Text.merge(text, StdoutAccessLog.newBuilder()).build();
  }

  private static String inline(String format) {
    return "log_format { text_format_source { inline_string: '" + format + "' } }";
  }

  @Test
  void textFormat_isTheLine() throws Exception {
    List<AccessLog> logs = decode(stdout(inline("%REQ(:METHOD)% %DURATION%\\n")), "");
    assertThat(logs)
        .containsExactly(
            new AccessLog(
                false,
                List.of(new AccessLog.Member("", LogFormat.of("%REQ(:METHOD)% %DURATION%"))),
                LogFilter.ALL));
    assertThat(decoding.remarks()).isEmpty();
  }

  @Test
  void noFormat_isOurs_withoutTheQuery() throws Exception {
    assertThat(decode(stdout(""), "").get(0).members())
        .containsExactly(new AccessLog.Member("", LogFormat.of(LogFormat.DEFAULT)));
    assertThat(LogFormat.of(LogFormat.DEFAULT).unknown()).isEmpty();
    assertThat(LogFormat.DEFAULT).contains("%PATH(NQ)%").doesNotContain(":PATH");
  }

  @Test
  void jsonFormat_hasItsMembersByName() throws Exception {
    StdoutAccessLog json =
        stdout(
            "log_format { json_format {"
                + " fields { key: 'b' value { string_value: '%DURATION%' } }"
                + " fields { key: 'a' value { string_value: '%REQ(:PATH)%' } }"
                + " fields { key: 'n' value { number_value: 1 } } } }");
    AccessLog log = decode(json, "").get(0);
    assertThat(log.json()).isTrue();
    assertThat(log.members()).extracting(AccessLog.Member::name).containsExactly("a", "b");
    assertThat(decoding.remarks())
        .extracting(Remark::toString)
        .singleElement()
        .asString()
        .contains("json_format")
        .contains("is no string");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/stdout", "/dev/stderr"})
  void streamsByName_areTaken(String path) throws Exception {
    assertThat(decode(FileAccessLog.newBuilder().setPath(path).build(), "")).hasSize(1);
  }

  @Test
  void fileOfTheHost_isNotWritten_andSaidSo() throws Exception {
    assertThat(decode(FileAccessLog.newBuilder().setPath("/etc/passwd").build(), "")).isEmpty();
    assertThat(decoding.remarks()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "%REQ(AUTHORIZATION)%, REQ(AUTHORIZATION)",
    "%REQ(X-A?COOKIE)%, REQ(X-A?COOKIE)",
    "%UPSTREAM_LOCAL_ADDRESS%, UPSTREAM_LOCAL_ADDRESS",
  })
  void unknownAndSecretOperators_areSaid_andTheRestIsWritten(String operator, String said)
      throws Exception {
    assertThat(decode(stdout(inline("%DURATION% " + operator)), "")).hasSize(1);
    assertThat(decoding.remarks()).singleElement().asString().contains("%" + said + "%");
  }

  @Test
  void openOperator_leavesTheLogOut_notTheListener() throws Exception {
    assertThat(decode(stdout(inline("%DURATION")), "")).isEmpty();
    assertThat(decoding.remarks()).singleElement().asString().contains("no closing %");
  }

  @Test
  void filters_areTaken() throws Exception {
    String filter =
        "and_filter { filters { or_filter { filters { status_code_filter { comparison { op: GE"
            + " value { default_value: 400 } } } } filters { duration_filter { comparison { op: GE"
            + " value { default_value: 250 } } } } filters { grpc_status_filter { statuses: OK"
            + " exclude: true } } filters { response_flag_filter { flags: 'UH' } } } } filters {"
            + " runtime_filter { runtime_key: 'k' percent_sampled { numerator: 5 } } } }";
    LogFilter either =
        new LogFilter.Or(
            List.of(
                new LogFilter.Status(Comparison.AT_LEAST, 400),
                new LogFilter.Duration(Comparison.AT_LEAST, 250),
                new LogFilter.GrpcStatus(Set.of(0), true),
                new LogFilter.Flags(Set.of("UH"))));
    assertThat(decode(stdout(""), filter).get(0).filter())
        .isEqualTo(new LogFilter.And(List.of(either, new LogFilter.Sample(new Fraction(5, 100)))));
    assertThat(decoding.remarks()).isEmpty();
  }

  @Test
  void unknownFilter_meansThatNothingIsWritten() throws Exception {
    assertThat(decode(stdout(""), "and_filter { filters { traceable_filter {} } }")).isEmpty();
    assertThat(decoding.remarks()).isNotEmpty();
  }
}
