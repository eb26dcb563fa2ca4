package io.inmesh.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.LocalReply;
import io.inmesh.call.RequestHead;
import io.inmesh.model.CorsPolicy;
import io.inmesh.model.Fraction;
import io.inmesh.model.StringMatch;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CorsFilterTest {
  private static final String PAGE = "https://www.example.com";

  private static CorsPolicy policy(
      String methods, String headers, boolean credentials, boolean forward) {
    return new CorsPolicy(
        Fraction.ALL,
        List.of(
            new StringMatch.Exact(PAGE, false),
            new StringMatch.Prefix("https://dev.", false),
            new StringMatch.Regex("https://[a-z]+\\.example\\.org")),
        methods,
        headers,
        "x-total,x-page",
        "600",
        credentials,
        false,
        forward);
  }

  private static FilterRun run(CorsPolicy policy, RequestHead head) {
    CorsFilter filter = new CorsFilter(policy, FakeMesh.seeded(1));
    return new FilterRun(
        new FilterChain(List.of("cors"), List.of(filter)),
        Side.SERVER,
        head,
        Context.root(),
        null,
        null,
        "");
  }

  private static RequestHead preflight(String origin) {
    return FakeRequest.http(
        "OPTIONS",
        "orders",
        "/",
        "origin",
        origin,
        "access-control-request-method",
        "PUT",
        "access-control-request-headers",
        "x-a,x-b");
  }

  /** The answer's fields, in order; null: it is passed on. */
  private static @Nullable String answer(CorsPolicy policy, RequestHead head) {
    Step step = run(policy, head).advance();
    if (!(step instanceof Step.Answer answer)) {
      return null;
    }
    LocalReply reply = answer.reply();
    assertThat(reply.status()).isEqualTo(200);
    return reply.headers().stream()
        .map(field -> field.getKey().replace("access-control-", "") + "=" + field.getValue())
        .collect(Collectors.joining(" "));
  }

  private static FakeResponse response(CorsPolicy policy, RequestHead head) {
    FilterRun run = run(policy, head);
    assertThat(run.advance()).isSameAs(Step.NEXT);
    FakeResponse response = FakeResponse.http(200);
    run.response(response);
    return response;
  }

  @ParameterizedTest
  @CsvSource({
    "https://www.example.com, true",
    "https://www.example.com:8443, false",
    "http://www.example.com, false",
    "https://dev.local, true",
    "https://shop.example.org, true",
    "https://shop.example.org.evil.com, false",
    "null, false"
  })
  void origin_isExact_prefixOrExpression(String origin, boolean allowed) {
    CorsPolicy policy = policy("GET", "", false, true);
    String told =
        response(policy, FakeRequest.get("orders", "/", "origin", origin))
            .headers()
            .get("access-control-allow-origin");
    assertThat(told).isEqualTo(allowed ? origin : null);
    assertThat(answer(policy, preflight(origin)) != null).isEqualTo(allowed);
  }

  @Test
  void preflight_isAnswered() {
    assertThat(answer(policy("GET,PUT", "x-a", true, true), preflight(PAGE)))
        .isEqualTo(
            "allow-origin=https://www.example.com allow-credentials=true allow-methods=GET,PUT"
                + " allow-headers=x-a max-age=600 vary=origin");
  }

  /** Browsers take a star literally where there are credentials. */
  @Test
  void star_isAnsweredWithWhatIsAskedFor() {
    assertThat(answer(policy("*", "*", false, true), preflight(PAGE)))
        .isEqualTo(
            "allow-origin=https://www.example.com allow-methods=PUT allow-headers=x-a,x-b"
                + " max-age=600 vary=origin");
  }

  @Test
  void preflightOfOthers_isPassedOnOrAnsweredWithNothing() {
    RequestHead other = preflight("https://evil.com");
    assertThat(answer(policy("*", "*", true, true), other)).isNull();
    assertThat(answer(policy("*", "*", true, false), other)).isEqualTo("vary=origin");
  }

  @Test
  void anyOrigin_isEchoed() {
    CorsPolicy any =
        new CorsPolicy(
            Fraction.ALL,
            List.of(new StringMatch.Exact("*", false)),
            "",
            "",
            "",
            "",
            false,
            false,
            true);
    assertThat(answer(any, preflight("https://x.y")))
        .isEqualTo("allow-origin=https://x.y vary=origin");
  }

  @Test
  void response_saysWhoMayReadIt() {
    FakeResponse response =
        response(policy("", "", true, true), FakeRequest.get("orders", "/", "origin", PAGE));
    assertThat(fields(response))
        .containsEntry("access-control-allow-origin", PAGE)
        .containsEntry("access-control-allow-credentials", "true")
        .containsEntry("access-control-expose-headers", "x-total,x-page")
        .containsEntry("vary", "origin");
  }

  @Test
  void otherRequests_areLeftAlone() {
    CorsPolicy policy = policy("*", "*", true, false);
    assertThat(fields(response(policy, FakeRequest.get("orders", "/")))).isEmpty();
    RequestHead options = FakeRequest.http("OPTIONS", "orders", "/", "origin", PAGE);
    assertThat(answer(policy, options)).as("no preflight").isNull();
  }

  private static Map<String, String> fields(FakeResponse response) {
    Map<String, String> fields = new java.util.TreeMap<>();
    response.headers().forEach(fields::put);
    return fields;
  }
}
