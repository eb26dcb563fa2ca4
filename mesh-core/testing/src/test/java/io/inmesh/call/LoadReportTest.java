package io.inmesh.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.testing.FakeHeaders;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoadReportTest {
  private static final LoadReport REPORT = new LoadReport(0.5, 0.25, 120, 3);

  private static FakeHeaders headers(String name, String value) {
    FakeHeaders headers = new FakeHeaders();
    headers.set(name, value);
    return headers;
  }

  @Test
  void bytes_areReadAgain() {
    assertThat(LoadReport.parse(REPORT.bytes())).isEqualTo(REPORT);
    assertThat(LoadReport.parse(new byte[0])).isEqualTo(new LoadReport(0, 0, 0, 0));
  }

  @Test
  void bytes_areThoseOfOrca() throws Exception {
    var orca = com.github.xds.data.orca.v3.OrcaLoadReport.parseFrom(REPORT.bytes());
    assertThat(orca.getCpuUtilization()).isEqualTo(0.5);
    assertThat(orca.getApplicationUtilization()).isEqualTo(0.25);
    assertThat(orca.getRpsFractional()).isEqualTo(120);
    assertThat(orca.getEps()).isEqualTo(3);
    byte[] others =
        orca.toBuilder()
            .setMemUtilization(0.9)
            .putUtilization("disk", 0.1)
            .putNamedMetrics("queue", 7)
            .build()
            .toByteArray();
    assertThat(LoadReport.parse(others)).isEqualTo(REPORT);
  }

  @Test
  void headers_inEachForm_areRead() {
    String base64 = Base64.getEncoder().encodeToString(REPORT.bytes());
    assertThat(LoadReport.in(headers("endpoint-load-metrics-bin", base64))).isEqualTo(REPORT);
    assertThat(LoadReport.in(headers("endpoint-load-metrics", "BIN " + base64))).isEqualTo(REPORT);
    assertThat(LoadReport.in(headers("endpoint-load-metrics", REPORT.header()))).isEqualTo(REPORT);
    assertThat(LoadReport.in(new FakeHeaders())).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "'TEXT cpu_utilization=0.3, rps=7', 0.3, 7",
    "'TEXT named_metrics.queue=9,cpu_utilization=0.3', 0.3, 0",
    "'TEXT cpu_utilization=much', 0, 0",
    "'TEXT cpu_utilization=-1,rps_fractional=NaN', 0, 0",
    "'TEXT ', 0, 0",
  })
  void text_isReadAsFarAsItIsUnderstood(String value, double cpu, double requests) {
    assertThat(LoadReport.in(headers("endpoint-load-metrics", value)))
        .isEqualTo(new LoadReport(cpu, 0, requests, 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"JSON {}", "cpu_utilization=1", "BIN !!", ""})
  void others_areNone(String value) {
    assertThat(LoadReport.in(headers("endpoint-load-metrics", value))).isNull();
  }

  @Test
  void utilization_isTheApplicationsIfItHasOne() {
    assertThat(REPORT.utilization()).isEqualTo(0.25);
    assertThat(new LoadReport(0.5, 0, 1, 0).utilization()).isEqualTo(0.5);
  }

  @Test
  void garbage_neverThrows() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      LoadReport read = LoadReport.parse(bytes);
      if (read != null) {
        assertThat(read.utilization()).isGreaterThanOrEqualTo(0).isFinite();
      }
    }
  }
}
