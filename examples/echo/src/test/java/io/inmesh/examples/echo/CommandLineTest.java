package io.inmesh.examples.echo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command line accepts, and what it says of the rest. */
class CommandLineTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "dance | Unmatched argument at index 0: 'dance'",
        "call | Missing required parameter: 'URL'",
        "call orders | expected http://service[:port]/path or"
            + " grpc://service[:port]/package.Service/Method",
        "call ftp://orders/ | expected http://service[:port]/path",
        "call grpc://orders/Method | expected a gRPC method as the path, /package.Service/Method",
        "call http://orders/ -n 0 | -n and -c: expected a number of at least 1",
        "call http://orders/ -n many | Invalid value for option '-n'",
        "call http://orders/ --timeout 3 | '3' is not a duration (expected for example 250ms, 1.5s"
            + " or 2m)",
        "call http://orders/ -H novalue | -H 'novalue': expected 'name: value'",
        "call http://orders/ --insecure | control-server",
        "call http://orders/ --control nowhere --insecure | host:port",
        "server | Missing required option: '--service=NAME'",
        "server --service a --fail-rate 2 | --fail-rate: expected 0 to 1",
        "server --service a --status 42 | --status: 200 to 599",
        "server --service A_B --control c:1 --insecure | lower-case letters",
        "server --service a --control c:1 | INMESH_TOKEN",
      })
  void wrongUsage_isSaid_andExitsWith2(String arguments, String message) {
    Run run = Run.of(arguments.split(" "));

    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).contains(message).doesNotContain("Exception");
    assertThat(run.out()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"server", "call"})
  void help_namesEveryFlag_andTheExitCodes(String command) {
    Run run = Run.of(command, "--help");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains("Exit codes:", "--control", "--namespace", "--insecure")
        .contains(
            command.equals("call")
                ? new String[] {"-n", "-c", "--qps", "-X", "-H", "-d", "--timeout", "--json"}
                : new String[] {
                  "--service",
                  "--version",
                  "--http",
                  "--grpc",
                  "--status",
                  "--delay",
                  "--fail-rate",
                  "--label",
                  "--locality"
                });
  }

  @ParameterizedTest
  @CsvSource({"250ms,250", "1.5s,1500", "2m,120000"})
  void durations_areRead(String text, long millis) {
    assertThat(new Durations().convert(text)).isEqualTo(Duration.ofMillis(millis));
  }

  @Test
  void target_isHttpOrAGrpcMethod() {
    assertThat(Target.of("http://orders:81/a?b").grpc()).isFalse();
    assertThat(Target.of("grpc://orders.shop/a.B/C").fullMethod()).isEqualTo("a.B/C");
  }
}
