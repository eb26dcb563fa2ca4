package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** Applications that let callers choose the address they come from. */
class ForwardedHeadersTest {
  private static final String STRATEGY = "server.forward-headers-strategy";

  @ParameterizedTest
  @CsvSource({
    "server.forward-headers-strategy, native, true",
    "server.forwardHeadersStrategy, NATIVE, true",
    "server.forward-headers-strategy, framework, false",
    "server.forward-headers-strategy, none, false",
    "server.tomcat.remoteip.remote-ip-header, X-Real-Ip, true",
    "server.tomcat.remoteip.protocol-header, X-Forwarded-Proto, true",
    "server.port, 8080, false"
  })
  void replacedAddresses_areBelieved_unlessSomebodySaysWhose(
      String name, String value, boolean anybody) {
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .addFirst(new MapPropertySource("application", Map.of(name, value)));
    assertThat(ForwardedHeaders.believesAnybody(environment)).isEqualTo(anybody);
    environment
        .getPropertySources()
        .addFirst(
            new MapPropertySource(
                "proxies", Map.of("server.tomcat.remoteip.internal-proxies", "10[.]0[.]0[.]7")));
    assertThat(ForwardedHeaders.believesAnybody(environment)).isFalse();
  }

  @Test
  void applicationThatHasTheContainerDoIt_isWarnedOnce() {
    List<String> said = new CopyOnWriteArrayList<>();
    Logger log = Logger.getLogger(ForwardedHeaders.class.getName());
    log.setFilter(
        entry -> {
          said.add(entry.getMessage());
          return true;
        });
    try (BootServer server = GuardedShop.start(WebApplicationType.SERVLET, STRATEGY + "=native")) {
      assertThat(server.port()).isPositive();
      assertThat(said)
          .singleElement()
          .asString()
          .contains("X-Forwarded-For", "ipBlocks", STRATEGY + "=framework", "internal-proxies");
    } finally {
      log.setFilter(null);
    }
  }
}
