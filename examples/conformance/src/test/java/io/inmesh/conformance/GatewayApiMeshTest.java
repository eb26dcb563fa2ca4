package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Trait.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Seen;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.server.config.Finding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * CP-07: the scenarios of Gateway API's conformance tests for meshes, by their names there, in
 * files under {@code gateway-api/}. All of a run share one control server and one set of servers.
 */
class GatewayApiMeshTest {
  private static final Path FILES = Path.of("src", "test", "resources", "gateway-api");
  private static final int MANY = 200;

  @OverEveryTransport(only = {Transport.HTTP1, Transport.H2C})
  void httpRoutes(World world) throws Exception {
    run(world, "http", world.transport() == Transport.HTTP1 ? "http" : "http2");
  }

  @OverEveryTransport(only = {Transport.GRPC, Transport.GRPC_STREAM})
  void grpcRoutes(World world) throws Exception {
    run(world, "grpc", "grpc");
  }

  /** {@code mesh-tests.txt} has the short names of Gateway API's tests for meshes. */
  @Test
  void everyTestOfGatewayApi_isThere() throws Exception {
    List<Scenario> scenarios = new ArrayList<>(Scenario.all(FILES.resolve("http")));
    scenarios.addAll(Scenario.all(FILES.resolve("grpc")));
    assertThat(scenarios)
        .allSatisfy(scenario -> assertThat(scenario.cases()).as(scenario.name()).isNotEmpty())
        .extracting(scenario -> scenario.name().replace(".yaml", ""))
        .containsAll(Files.readAllLines(FILES.resolve("mesh-tests.txt")));
  }

  private static void run(World world, String directory, String registered) throws Exception {
    world.expectWarning("IM1310|IM2013|IM2015");
    String services =
        Files.readString(FILES.resolve("services.yaml")).replace("REGISTERED", registered);
    world.config(services);
    List<Instance> servers =
        List.of(world.serve("echo", ok()), world.serve("echo", ok(), version("v2")));
    Map<String, Caller> callers = new HashMap<>();
    callers.put("", world.client("web"));
    callers.put("consumer", world.clientIn("consumer", "web"));
    List<String> failures = new ArrayList<>();
    for (Scenario scenario : Scenario.all(FILES.resolve(directory))) {
      List<Finding> unused = world.tryConfig(services, scenario.yaml());
      world.until(
          scenario.name() + " has the findings " + scenario.findings(),
          () ->
              world.control().findings().stream()
                  .map(finding -> finding.code().id())
                  .toList()
                  .containsAll(scenario.findings()));
      for (Scenario.Case one : scenario.cases()) {
        Caller caller = Objects.requireNonNull(callers.get(one.namespace()), one.namespace());
        String problem = eventually(world, () -> problem(one, caller, servers));
        if (problem != null) {
          failures.add(scenario.name() + " " + one.line() + ": " + problem);
        }
      }
    }
    assertThat(failures).isEmpty();
  }

  /** As in the original, what was just configured may take a moment. */
  private static @Nullable String eventually(World world, Callable<@Nullable String> check)
      throws Exception {
    String[] last = {""};
    try {
      world.until(
          "it is as expected",
          () -> {
            try {
              last[0] = check.call();
              return last[0] == null;
            } catch (Exception e) {
              throw new AssertionError(e);
            }
          });
      return null;
    } catch (AssertionError e) {
      return last[0] + " " + e.getMessage();
    }
  }

  /** What is not as expected; null: nothing. */
  private static @Nullable String problem(Scenario.Case one, Caller caller, List<Instance> servers)
      throws Exception {
    Answer answer = caller.call(one.request());
    for (String expected : one.expected()) {
      try {
        check(expected, one, answer, caller, servers);
      } catch (AssertionError e) {
        return expected + ": " + e.getMessage();
      }
    }
    return null;
  }

  private static void check(
      String expected, Scenario.Case one, Answer answer, Caller caller, List<Instance> servers)
      throws Exception {
    String[] words = expected.split(" ", 2);
    switch (words[0]) {
      case "from" -> assertThat(answer).isOk().isFrom(words[1]);
      case "status" -> status(answer, Integer.parseInt(words[1]));
      case "location" -> assertThat(answer).hasHeader("location", words[1]);
      case "header" -> {
        String[] header = words[1].split(": ", 2);
        assertThat(answer).hasHeader(header[0], header[1]);
      }
      case "no" -> assertThat(answer).isOk().lacksHeader(words[1].substring("header ".length()));
      case "share" -> share(words[1], one, caller);
      case "copied" -> copied(words[1].substring("to ".length()), one, servers);
      case "path" -> assertThat(seen(answer, servers).path()).isEqualTo(words[1]);
      case "authority" -> assertThat(seen(answer, servers).authority()).isEqualTo(words[1]);
      case "sent" -> {
        String[] header = words[1].split(": ", 2);
        assertThat(seen(answer, servers).header(header[0])).isEqualTo(header[1]);
      }
      case "not" ->
          assertThat(seen(answer, servers).header(words[1].substring("sent ".length()))).isNull();
      default -> throw new IllegalArgumentException("unknown expectation: " + expected);
    }
  }

  private static void status(Answer answer, int status) {
    if (status < 400) {
      assertThat(answer).hasStatus(status);
    } else {
      assertThat(answer).isLocal(status);
    }
  }

  private static void share(String expected, Scenario.Case one, Caller caller)
      throws InterruptedException {
    String[] parts = expected.split(" ", 2);
    int hits = 0;
    for (int i = 0; i < MANY; i++) {
      Answer answer = caller.call(one.request());
      assertThat(answer).isOk();
      hits += answer.version().equals(parts[0]) ? 1 : 0;
    }
    double share = Integer.parseInt(parts[1].replace("%", "")) / 100.0;
    assertThat((double) hits / MANY).isCloseTo(share, within(0.15));
  }

  private static void copied(String version, Scenario.Case one, List<Instance> servers) {
    assertThat(servers)
        .filteredOn(server -> server.caller().mesh().config().version().equals(version))
        .flatExtracting(Instance::requests)
        .extracting(Seen::path)
        .contains(one.request().path());
  }

  /** What the server that answered saw last. */
  private static Seen seen(Answer answer, List<Instance> servers) {
    assertThat(answer).isOk();
    return servers.stream()
        .filter(server -> server.host().equals(answer.host()))
        .findFirst()
        .orElseThrow()
        .lastRequest();
  }
}
