package io.inmesh.filter.authz;

import static io.inmesh.filter.authz.Rules.ANY;
import static io.inmesh.filter.authz.Rules.NEVER;
import static io.inmesh.filter.authz.Rules.all;
import static io.inmesh.filter.authz.Rules.any;
import static io.inmesh.filter.authz.Rules.below;
import static io.inmesh.filter.authz.Rules.identity;
import static io.inmesh.filter.authz.Rules.method;
import static io.inmesh.filter.authz.Rules.namespace;
import static io.inmesh.filter.authz.Rules.not;
import static io.inmesh.filter.authz.Rules.path;
import static io.inmesh.filter.authz.Rules.policy;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.inmesh.call.Peer;
import io.inmesh.filter.FilterChain;
import io.inmesh.filter.FilterRun;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Side;
import io.inmesh.filter.Step;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessPolicy;
import io.inmesh.model.AccessRules;
import io.inmesh.testing.FakeRequest;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RuleSetTest {
  private static final InetSocketAddress FROM =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000);

  private static FilterRun call(String path, @Nullable String identity) {
    return new FilterRun(
        FilterChain.EMPTY,
        Side.SERVER,
        FakeRequest.get("orders", path),
        Context.root(),
        new Peer(FROM, identity == null ? null : SpiffeId.parse(identity), identity != null),
        null,
        "");
  }

  private static String account(int i) {
    return "spiffe://cluster.local/ns/n" + i % 50 + "/sa/a" + i;
  }

  /** A thousand rules of the four usual shapes. */
  private static List<AccessPolicy> thousand() {
    List<AccessPolicy> policies = new ArrayList<>();
    for (int i = 0; i < 250; i++) {
      policies.add(policy("i" + i, all(method("GET"), below("/api/")), identity(account(i))));
      policies.add(policy("p" + i, path("/api/v1/" + i), namespace("n7")));
      policies.add(policy("n" + i, method("GET"), any(namespace("m" + i), namespace("k" + i))));
      policies.add(policy("t" + i, new AccessMatch.PathTemplate("/t" + i + "/*"), ANY));
    }
    return policies;
  }

  @Test
  void thousandRules_areNotScanned() {
    List<AccessPolicy> policies = thousand();
    AtomicInteger tried = new AtomicInteger();
    Condition[] counting =
        policies.stream()
            .map(p -> (Condition) subject -> tried.incrementAndGet() < 0)
            .toArray(Condition[]::new);
    RuleIndex index = new RuleIndex(policies);
    for (int i = 0; i < 250; i++) {
      tried.set(0);
      assertThat(index.first(new Subject(call("/api/v1/" + i, account(i))), counting))
          .isEqualTo(RuleSet.NONE);
      assertThat(tried.get()).isLessThanOrEqualTo(10);
    }
  }

  @Test
  void index_findsWhatAScanFinds() {
    Random random = new Random(7);
    for (int round = 0; round < 300; round++) {
      List<AccessPolicy> policies = new ArrayList<>();
      int size = 1 + random.nextInt(12);
      for (int i = 0; i < size; i++) {
        policies.add(policy("p" + i, match(random, 3), match(random, 3)));
      }
      RuleSet rules = new RuleSet(new AccessRules(AccessRules.Action.ALLOW, policies), null);
      for (int request = 0; request < 20; request++) {
        String identity = random.nextInt(4) == 0 ? null : account(random.nextInt(4));
        Subject subject = new Subject(call("/p" + random.nextInt(4) + "/x", identity));
        int scanned = RuleSet.NONE;
        for (int i = 0; i < size && scanned == RuleSet.NONE; i++) {
          if (Conditions.of(policies.get(i).request()).test(subject)
              && Conditions.of(policies.get(i).source()).test(subject)) {
            scanned = i;
          }
        }
        assertThat(rules.first(subject))
            .as("%s in %s", subject.path(), policies)
            .isEqualTo(scanned);
      }
    }
  }

  private static AccessMatch match(Random random, int depth) {
    int kind = random.nextInt(depth == 0 ? 7 : 10);
    return switch (kind) {
      case 0 -> ANY;
      case 1 -> identity(account(random.nextInt(4)));
      case 2 -> namespace("n" + random.nextInt(4));
      case 3 -> path("/p" + random.nextInt(4) + "/x");
      case 4 -> below("/p" + random.nextInt(4));
      case 5 -> method(random.nextBoolean() ? "GET" : "POST");
      case 6 -> random.nextBoolean() ? NEVER : new AccessMatch.PathTemplate("/*/x");
      case 7 -> all(match(random, depth - 1), match(random, depth - 1));
      case 8 -> any(match(random, depth - 1), match(random, depth - 1));
      default -> not(match(random, depth - 1));
    };
  }

  @Test
  void decision_allocatesOneObject() {
    AccessFilter filter =
        new AccessFilter(
            new AccessControl(new AccessRules(AccessRules.Action.ALLOW, thousand()), null, ""),
            new AccessMetrics(OpenTelemetry.noop()));
    FilterRun call = call("/api/v1/77", account(7));
    run(filter, call);
    long bytes = Math.min(run(filter, call), run(filter, call));
    assertThat(bytes / CALLS).as("bytes per decision").isLessThanOrEqualTo(40);
  }

  private static final int CALLS = 20_000;

  private static long run(MeshFilter filter, FilterRun call) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < CALLS; i++) {
      if (filter.onRequest(call) != Step.NEXT) {
        throw new AssertionError("refused");
      }
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
