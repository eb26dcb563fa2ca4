package io.inmesh.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.control.Randomness;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.HeaderMatch;
import io.inmesh.model.HeaderMatch.Test.Present;
import io.inmesh.model.HeaderMatch.Test.Range;
import io.inmesh.model.HeaderMatch.Test.Value;
import io.inmesh.model.PathMatch;
import io.inmesh.model.QueryMatch;
import io.inmesh.model.Route;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.StringMatch;
import io.inmesh.model.VirtualHost;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.TestRoute;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTableTest {
  private static final Randomness RANDOM = FakeMesh.seeded(1);

  private static VirtualHost host(String name, List<String> domains, TestRoute... routes) {
    List<Route> built = Arrays.stream(routes).map(TestRoute::build).toList();
    return new VirtualHost(
        name, domains, built, HeaderChanges.NONE, Map.of(), null, List.of(), false);
  }

  private static RouteTable<String> table(VirtualHost... hosts) {
    RouteConfig config =
        new RouteConfig("r", List.of(hosts), HeaderChanges.NONE, Map.of(), List.of());
    return new RouteTable<>(config, (host, route) -> host.name() + route.name());
  }

  private static RouteTable<String> routes(TestRoute... routes) {
    return table(host("", List.of("*"), routes));
  }

  private static TestRoute to(TestRoute route, String name) {
    return route.named(name).to("c");
  }

  private static @Nullable String find(RouteTable<String> table, FakeRequest head) {
    return table.find(head, RANDOM);
  }

  // ---- virtual hosts ----

  @ParameterizedTest
  @CsvSource({
    "api.example.com, exact",
    "API.Example.COM, exact",
    "a.b.example.com, longest-suffix",
    "b.example.com, suffix",
    "x.example.com, suffix",
    ".example.com, any",
    "www.example.org, longest-prefix",
    "www.other, prefix",
    "www., any",
    "else, any",
    "api.example.com:8080, any",
    "port.example.net:8080, with-port"
  })
  void host_searchOrder_isExactSuffixPrefixAny(String authority, String expected) {
    RouteTable<String> table =
        table(
            host("any", List.of("*"), to(TestRoute.any(), "")),
            host("prefix", List.of("www.*"), to(TestRoute.any(), "")),
            host("longest-prefix", List.of("www.example.*"), to(TestRoute.any(), "")),
            host("suffix", List.of("*.example.com"), to(TestRoute.any(), "")),
            host("longest-suffix", List.of("*.b.example.com"), to(TestRoute.any(), "")),
            host("with-port", List.of("port.example.net:8080"), to(TestRoute.any(), "")),
            host("exact", List.of("api.example.com"), to(TestRoute.any(), "")));
    assertThat(find(table, FakeRequest.get(authority, "/"))).isEqualTo(expected);
  }

  @Test
  void host_chosen_itsRoutesAreFinal() {
    RouteTable<String> table =
        table(
            host("any", List.of("*"), to(TestRoute.any(), "")),
            host("exact", List.of("a"), to(TestRoute.prefix("/x"), "")));
    assertThat(find(table, FakeRequest.get("a", "/y"))).isNull();
  }

  @Test
  void host_none_matchesNothing() {
    RouteTable<String> table = table(host("h", List.of("a", "b"), to(TestRoute.any(), "")));
    assertThat(find(table, FakeRequest.get("b", "/"))).isEqualTo("h");
    assertThat(find(table, FakeRequest.get("c", "/"))).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "*", "*.a", "a.*"})
  void host_domainTwice_isAConfigurationError(String domain) {
    assertThatThrownBy(
            () ->
                table(
                    host("one", List.of(domain), to(TestRoute.any(), "")),
                    host("two", List.of(domain), to(TestRoute.any(), ""))))
        .hasMessageContaining("'" + domain + "'")
        .hasMessageContaining("unique");
  }

  // ---- paths ----

  @ParameterizedTest
  @CsvSource({
    "exact, /a, true, /a, true",
    "exact, /a, true, /a?q=1, true",
    "exact, /a, true, /a#f, true",
    "exact, /a, true, /A, false",
    "exact, /a, false, /A, true",
    "exact, /a, true, /a/, false",
    "prefix, /a, true, /ab, true",
    "prefix, /a, true, /b, false",
    "prefix, /a, true, /A, false",
    "prefix, /a, false, /Ab, true",
    "prefix, /a/b, true, /a, false",
    "prefix, '', true, /, true",
    "segment, /a, true, /a, true",
    "segment, /a, true, /a/b, true",
    "segment, /a, true, /ab, false",
    "segment, /a, true, /a?x, true",
    "segment, /a, false, /A/b, true",
    "regex, /a[0-9]+, true, /a12, true",
    "regex, /a[0-9]+, true, /a12/x, false",
    "regex, /a[0-9]+, true, /a1?x=/b, true",
    "regex, /p.S/.*, true, /p.S/M, true"
  })
  void path_kind_matchesAsDocumented(
      String kind, String pattern, boolean caseSensitive, String path, boolean matches) {
    PathMatch match =
        switch (kind) {
          case "exact" -> new PathMatch.Exact(pattern, caseSensitive);
          case "prefix" -> new PathMatch.Prefix(pattern, caseSensitive);
          case "segment" -> new PathMatch.SegmentPrefix(pattern, caseSensitive);
          default -> new PathMatch.Regex(pattern);
        };
    RouteTable<String> table = routes(to(TestRoute.on(match), "hit"));
    assertThat(find(table, FakeRequest.get("h", path))).isEqualTo(matches ? "hit" : null);
  }

  /** As servers look requests up: however route and request are spelled. */
  @ParameterizedTest
  @CsvSource({
    "/a%3Ab, /a:b, /a%3ab",
    "/caf%c3%a9, /caf%C3%A9/x, /caf%c3%a9",
    "/files;v=1, /files/x, /files;v=2",
    "/a, /a/b;c, /%61"
  })
  void path_ofAServersRoute_isTakenInAnySpelling(String prefix, String one, String other) {
    PathMatch match = new PathMatch.SegmentPrefix(prefix, true);
    RouteConfig config =
        new RouteConfig(
            "r",
            List.of(host("", List.of("*"), to(TestRoute.on(match), "hit"))),
            HeaderChanges.NONE,
            Map.of(),
            List.of());
    RouteTable<String> table =
        new RouteTable<>(config, BareHead::named, (host, route) -> route.name());
    for (String path : List.of(one, other)) {
      assertThat(table.find(BareHead.of(FakeRequest.get("h", path)), RANDOM))
          .as(path)
          .isEqualTo("hit");
    }
  }

  @Test
  void path_regexThatExplodesElsewhere_isLinear() {
    RouteTable<String> table = routes(to(TestRoute.on(new PathMatch.Regex("/(a+)+b")), "hit"));
    assertThat(find(table, FakeRequest.get("h", "/" + "a".repeat(20_000)))).isNull();
  }

  @Test
  void path_invalidRegex_isAConfigurationErrorThatNamesTheRoute() {
    assertThatThrownBy(() -> routes(to(TestRoute.on(new PathMatch.Regex("/a(?=b)")), "r7")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("route 'r7'")
        .hasMessageContaining("/a(?=b)")
        .hasMessageContaining("RE2");
  }

  @Test
  void order_firstMatchWins_evenAgainstAMoreSpecificOne() {
    RouteTable<String> table =
        routes(
            to(TestRoute.prefix("/a"), "prefix"),
            to(TestRoute.exact("/a/b"), "exact"),
            to(TestRoute.on(new PathMatch.Regex("/.*")), "regex"),
            to(TestRoute.prefix("/"), "root"));
    assertThat(find(table, FakeRequest.get("h", "/a/b"))).isEqualTo("prefix");
    assertThat(find(table, FakeRequest.get("h", "/x"))).isEqualTo("regex");
  }

  @Test
  void index_randomTables_agreeWithTryingEachInOrder() {
    Random random = new Random(7);
    String[] words = {"", "/", "/a", "/a/", "/a/b", "/ab", "/b", "/a/b/c", "/B"};
    for (int round = 0; round < 300; round++) {
      List<TestRoute> routes = new ArrayList<>();
      List<PathTest> tests = new ArrayList<>();
      int n = 1 + random.nextInt(12);
      for (int i = 0; i < n; i++) {
        String word = words[random.nextInt(words.length)];
        PathMatch match =
            switch (random.nextInt(5)) {
              case 0 -> new PathMatch.Exact(word, true);
              case 1 -> new PathMatch.Prefix(word, true);
              case 2 -> new PathMatch.SegmentPrefix(word, true);
              case 3 -> new PathMatch.Prefix(word, false);
              default -> new PathMatch.Regex(word + "/?.?");
            };
        tests.add(PathTest.of(match));
        routes.add(to(TestRoute.on(match), Integer.toString(i)));
      }
      RouteTable<String> table = routes(routes.toArray(new TestRoute[0]));
      for (String path : words) {
        String expected = null;
        for (int i = 0; i < n && expected == null; i++) {
          expected = tests.get(i).test(path) ? Integer.toString(i) : null;
        }
        assertThat(find(table, FakeRequest.get("h", path))).as("%s", path).isEqualTo(expected);
      }
    }
  }

  // ---- headers ----

  private static HeaderMatch value(String name, StringMatch match) {
    return new HeaderMatch(name, new Value(match), false, false);
  }

  @ParameterizedTest
  @CsvSource({
    "exact, v, v, true",
    "exact, v, V, false",
    "EXACT, v, V, true",
    "prefix, ab, abc, true",
    "prefix, ab, a, false",
    "PREFIX, ab, ABc, true",
    "suffix, bc, abc, true",
    "suffix, bc, c, false",
    "SUFFIX, bc, aBC, true",
    "contains, b, abc, true",
    "contains, x, abc, false",
    "CONTAINS, B, abc, true",
    "regex, a+, aaa, true",
    "regex, a+, aab, false"
  })
  void header_text_isCompared(String kind, String wanted, String actual, boolean matches) {
    boolean ignoreCase = Character.isUpperCase(kind.charAt(0));
    StringMatch match =
        switch (kind.toLowerCase(java.util.Locale.ROOT)) {
          case "exact" -> new StringMatch.Exact(wanted, ignoreCase);
          case "prefix" -> new StringMatch.Prefix(wanted, ignoreCase);
          case "suffix" -> new StringMatch.Suffix(wanted, ignoreCase);
          case "contains" -> new StringMatch.Contains(wanted, ignoreCase);
          default -> new StringMatch.Regex(wanted);
        };
    RouteTable<String> table = routes(to(TestRoute.any().header(value("x", match)), "hit"));
    assertThat(find(table, FakeRequest.get("h", "/", "x", actual)) != null).isEqualTo(matches);
  }

  @ParameterizedTest
  @CsvSource({
    // test, invert, missingIsEmpty, header (null: missing), matches
    "present, false, false, v, true",
    "present, false, false, , false",
    "present, true, false, , true",
    "present, true, false, v, false",
    "present, false, true, , true",
    "absent, false, false, , true",
    "absent, false, false, v, false",
    "range, false, false, 5, true",
    "range, false, false, -10, true",
    "range, false, false, 10, false",
    "range, false, false, 5x, false",
    "range, false, false, '', false",
    "range, false, false, 99999999999999999999999, false",
    "range, true, false, 11, true",
    "range, true, false, , false",
    "range, true, true, , true",
    "exact, true, false, other, true",
    "exact, true, false, , false",
    "exact, true, true, , true",
    "exact, false, true, , false"
  })
  void header_missingOrInverted_followsEnvoy(
      String kind, boolean invert, boolean missingIsEmpty, @Nullable String header, boolean hit) {
    HeaderMatch.Test test =
        switch (kind) {
          case "present" -> new Present(true);
          case "absent" -> new Present(false);
          case "range" -> new Range(-10, 10);
          default -> new Value(new StringMatch.Exact("v", false));
        };
    RouteTable<String> table =
        routes(
            to(TestRoute.any().header(new HeaderMatch("x", test, invert, missingIsEmpty)), "hit"));
    FakeRequest head =
        header == null ? FakeRequest.get("h", "/") : FakeRequest.get("h", "/", "x", header);
    assertThat(find(table, head) != null).isEqualTo(hit);
  }

  @Test
  void header_severalValues_areJoined() {
    RouteTable<String> table =
        routes(to(TestRoute.any().header(value("x", new StringMatch.Exact("a,b", false))), "hit"));
    assertThat(find(table, FakeRequest.get("h", "/", "x", "a", "x", "b"))).isEqualTo("hit");
    assertThat(find(table, FakeRequest.get("h", "/", "x", "a"))).isNull();
  }

  @Test
  void header_binary_isInvisibleForGrpc() {
    RouteTable<String> table =
        routes(
            to(
                TestRoute.any().header(new HeaderMatch("t-bin", new Present(true), false, false)),
                "hit"));
    assertThat(find(table, FakeRequest.grpc("h", "/s/M", "t-bin", "AA"))).isNull();
    assertThat(find(table, FakeRequest.get("h", "/", "t-bin", "AA"))).isEqualTo("hit");
  }

  @ParameterizedTest
  @CsvSource({":method, POST", ":authority, h", ":path, /p?q", ":scheme, http"})
  void header_pseudo_isTheRequestsOwn(String name, String expected) {
    RouteTable<String> table =
        routes(
            to(TestRoute.any().header(value(name, new StringMatch.Exact(expected, false))), "hit"));
    assertThat(find(table, FakeRequest.http("POST", "h", "/p?q"))).isEqualTo("hit");
    assertThat(find(table, FakeRequest.http("GET", "i", "/x")))
        .isEqualTo(name.equals(":scheme") ? "hit" : null);
  }

  // ---- the rest ----

  @ParameterizedTest
  @CsvSource({
    "/p?a=1, true",
    "/p?b=2&a=1, true",
    "/p?a=2&a=1, false",
    "/p?a=%31, true",
    "/p?%61=1, true",
    "/p?aa=1, false",
    "/p, false",
    "/p?, false",
    "/p?a, false",
    "/p?a=1%zz, false"
  })
  void query_firstOccurrence_counts(String path, boolean matches) {
    QueryMatch match = new QueryMatch("a", new StringMatch.Exact("1", false));
    RouteTable<String> table = routes(to(TestRoute.any().query(match), "hit"));
    assertThat(find(table, FakeRequest.get("h", path)) != null).isEqualTo(matches);
  }

  @Test
  void query_presence_needsNoValue() {
    RouteTable<String> table = routes(to(TestRoute.any().query(new QueryMatch("a", null)), "hit"));
    assertThat(find(table, FakeRequest.get("h", "/p?a"))).isEqualTo("hit");
    assertThat(find(table, FakeRequest.get("h", "/p?b"))).isNull();
  }

  @Test
  void grpcOnly_contentType_decides() {
    RouteTable<String> table = routes(to(TestRoute.any().grpcOnly(), "hit"));
    assertThat(find(table, FakeRequest.grpc("h", "/s/M"))).isEqualTo("hit");
    assertThat(find(table, FakeRequest.get("h", "/", "content-type", "application/grpc+proto")))
        .isEqualTo("hit");
    assertThat(find(table, FakeRequest.get("h", "/", "content-type", "application/grpc-web")))
        .isNull();
    assertThat(find(table, FakeRequest.get("h", "/"))).isNull();
  }

  @ParameterizedTest
  @CsvSource({"25, 100", "2500, 10000", "250000, 1000000"})
  void fraction_ofRequests_takesItsShare(int numerator, int denominator) {
    RouteTable<String> table =
        routes(
            to(TestRoute.any().fraction(numerator, denominator), "some"),
            to(TestRoute.any(), "rest"));
    int some = 0;
    for (int i = 0; i < 20_000; i++) {
      some += "some".equals(find(table, FakeRequest.get("h", "/"))) ? 1 : 0;
    }
    assertThat(some).isBetween(4_700, 5_300);
  }

  @Test
  void weights_shares_areKept() {
    WeightedChoice<String> choice =
        new WeightedChoice<>(
            List.of("a", "b", "c"), item -> item.equals("a") ? 90 : item.equals("b") ? 10 : 0);
    Map<String, Integer> counts = new java.util.HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      counts.merge(choice.next(RANDOM), 1, Integer::sum);
    }
    assertThat(counts).doesNotContainKey("c");
    assertThat(counts.get("a")).isBetween(17_800, 18_200);
    assertThat(choice.at(89)).isEqualTo("a");
    assertThat(choice.at(90)).isEqualTo("b");
    assertThat(choice.at(100)).isEqualTo("a");
    assertThat(choice.at(-1)).isIn("a", "b");
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "4294967295, 1"})
  void weights_impossibleSum_isRefused(long a, long b) {
    assertThatThrownBy(() -> new WeightedChoice<>(List.of(a, b), Long::longValue))
        .hasMessageContaining("sum");
  }
}
