package io.inmesh.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.server.ads.TypeUrl;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client is told that asks for something that does not exist. */
class NearbyNamesTest {
  private static final NearbyNames NAMES =
      new NearbyNames(
          () ->
              List.of(
                  "orders.default.svc.cluster.local:80",
                  "two.default.svc.cluster.local:80",
                  "two.default.svc.cluster.local:81",
                  "users.accounts.svc.cluster.local:80",
                  "api.example.com:80",
                  "inmesh/server?listener=0.0.0.0:8080"));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "ordres.default.svc.cluster.local:80 | no such service; did you mean"
            + " 'orders.default.svc.cluster.local'?",
        "users.default.svc.cluster.local:80 | no such service; did you mean"
            + " 'users.accounts.svc.cluster.local'?",
        "orders.default.svc.cluster.local:8080 | orders.default.svc.cluster.local has no port 8080,"
            + " only 80",
        "two.default.svc.cluster.local | two.default.svc.cluster.local has no single gRPC port,"
            + " only 80, 81",
        "something.default.svc.cluster.local:80 | no such service",
        "inmesh/server?listener=0.0.0.0:80 | lds resource inmesh/server?listener=0.0.0.0:80 not"
            + " found",
      })
  void missingListener_isExplained(String name, String expected) {
    String said = NAMES.describe(TypeUrl.LISTENER, name);

    assertThat(said).isEqualTo(expected);
  }
}
