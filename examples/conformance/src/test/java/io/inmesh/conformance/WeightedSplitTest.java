package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Trait.version;
import static io.inmesh.conformance.world.Yaml.route;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Tally;
import io.inmesh.conformance.world.World;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.util.List;

/** RT-07: shares of versions, and of backends that do not exist, as weights say. */
class WeightedSplitTest {
  private static final int CALLS = 500;

  /** Six standard deviations of a share of a half, which varies most. */
  private static final double CLOSE = 6 * Math.sqrt(0.25 / CALLS);

  /**
   * A split.
   *
   * @param nowhere weight of a backend that does not exist
   */
  private record Split(int v1, int v2, int nowhere) {
    double share(int weight) {
      return (double) weight / (v1 + v2 + nowhere);
    }

    String rule(int index) {
      return """
      - matches: [{path: {value: /shop.Split%d}}]
        backendRefs:
        - {name: orders-v1, port: 80, weight: %d}
        - {name: orders-v2, port: 80, weight: %d}
        - {name: nowhere, port: 80, weight: %d}
      """
          .formatted(index, v1, v2, nowhere);
    }
  }

  private static final List<Split> SPLITS =
      List.of(
          new Split(90, 10, 0),
          new Split(1, 2, 0),
          new Split(300, 100, 0),
          new Split(0, 7, 0),
          new Split(5, 0, 0),
          new Split(2, 1, 1),
          new Split(0, 0, 3));

  @OverEveryTransport(styles = Style.BLOCKING)
  void shares_areTheWeights(World world) throws Exception {
    world.expectWarning("there is no Service default/nowhere");
    StringBuilder rules = new StringBuilder();
    for (int i = 0; i < SPLITS.size(); i++) {
      rules.append(SPLITS.get(i).rule(i));
    }
    assertThat(world.tryConfig(versions("orders", "v1", "v2"), route("orders", rules.toString())))
        .filteredOn(Finding::isError)
        .extracting(Finding::code)
        .containsOnly(FindingCode.BACKEND_NOT_FOUND);
    world.serve("orders", ok());
    world.serve("orders", ok(), version("v2"));
    Caller web = world.client("web");
    for (int i = 0; i < SPLITS.size(); i++) {
      Split split = SPLITS.get(i);
      Tally answers = web.get("orders/shop.Split" + i + "/Get", CALLS);
      assertShare(split, "v1", answers.share("v1"), split.share(split.v1()));
      assertShare(split, "v2", answers.share("v2"), split.share(split.v2()));
      double refused = (double) answers.failures().size() / CALLS;
      assertShare(split, "nowhere", refused, split.share(split.nowhere()));
      assertThat(answers.failures()).allSatisfy(answer -> assertThat(answer).isLocal(500));
    }
  }

  /** What has no weight gets nothing at all, what has all of it everything. */
  private static void assertShare(Split split, String of, double share, double expected) {
    double distance = expected == 0 || expected == 1 ? 0 : CLOSE;
    assertThat(share).as("%s of %s", of, split).isCloseTo(expected, within(distance));
  }
}
