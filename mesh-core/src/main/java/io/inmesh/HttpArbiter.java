package io.inmesh;

import io.inmesh.call.BoundedBody;
import io.inmesh.filter.authz.Arbiter;
import io.inmesh.match.TextTest;
import io.inmesh.model.AccessAnswer;
import io.inmesh.model.AccessQuestion;
import io.inmesh.model.ExternalAuthorization;
import io.inmesh.model.HeaderAdd;
import io.inmesh.model.StringMatch;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Asks a service by sending it the head of the request: 200 lets it pass, 5xx is no decision,
 * anything else is the refusal. Thread-safe.
 */
final class HttpArbiter implements Arbiter {
  private static final int MAX_BODY = 64 << 10;

  /** What a client sets itself. */
  private static final Set<String> NOT_SENT =
      Set.of(
          "connection",
          "content-length",
          "expect",
          "host",
          "http2-settings",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private final ExternalAuthorization.Http settings;
  private final MeshClients clients;
  private final Predicate<String> toUpstream;
  private final Predicate<String> toCallerOnAllow;
  private final Predicate<String> toCallerOnDeny;

  HttpArbiter(ExternalAuthorization.Http settings, MeshClients clients) {
    this.settings = settings;
    this.clients = clients;
    this.toUpstream = anyOf(settings.toUpstream());
    this.toCallerOnAllow = anyOf(settings.toCallerOnAllow());
    List<StringMatch> onDeny = settings.toCallerOnDeny();
    this.toCallerOnDeny =
        onDeny == null ? name -> true : anyOf(onDeny).or(ALWAYS_ON_DENY::contains);
  }

  /** Without them a refusal cannot be understood (Envoy's). */
  private static final Set<String> ALWAYS_ON_DENY = Set.of("www-authenticate", "location");

  private static Predicate<String> anyOf(List<StringMatch> matches) {
    List<TextTest> tests = matches.stream().map(TextTest::of).toList();
    return name -> tests.stream().anyMatch(test -> test.test(name));
  }

  @Override
  public CompletionStage<AccessAnswer> ask(AccessQuestion question, Duration timeout) {
    HttpRequest request;
    try {
      request = request(question, timeout);
    } catch (IllegalArgumentException e) {
      // No failure of whoever decides: those may be allowed, and callers could bring them about.
      return CompletableFuture.completedFuture(new AccessAnswer.Denied(400, List.of(), ""));
    }
    try {
      return clients.http().sendAsync(request, new BoundedBody(MAX_BODY)).thenApply(this::answer);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private HttpRequest request(AccessQuestion question, Duration timeout) {
    if (!question.path().startsWith("/")) {
      throw new IllegalArgumentException("what is no path could name another host");
    }
    URI uri =
        URI.create("http://" + settings.authority() + settings.pathPrefix() + question.path());
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(timeout)
            .method(question.method(), body(question.body()))
            // The authority names the service that is asked.
            .header("x-forwarded-host", question.authority());
    question
        .headers()
        .forEach(
            (name, value) -> {
              if (!NOT_SENT.contains(name)
                  && !name.equals("x-forwarded-host")
                  && !settings.adds().containsKey(name)) {
                request.header(name, value);
              }
            });
    settings.adds().forEach(request::setHeader);
    return request.build();
  }

  private static HttpRequest.BodyPublisher body(AccessQuestion.@Nullable Body body) {
    if (body == null || !body.bytes().hasRemaining()) {
      return HttpRequest.BodyPublishers.noBody();
    }
    byte[] bytes = new byte[body.bytes().remaining()];
    body.bytes().duplicate().get(bytes);
    return HttpRequest.BodyPublishers.ofByteArray(bytes);
  }

  private AccessAnswer answer(HttpResponse<byte[]> response) {
    int status = response.statusCode();
    if (status >= 500) {
      throw new IllegalStateException("answered " + status);
    }
    if (status != 200) {
      return new AccessAnswer.Denied(
          status,
          fields(response, toCallerOnDeny).stream()
              .map(field -> Map.entry(field.name(), field.value()))
              .toList(),
          new String(response.body(), StandardCharsets.UTF_8));
    }
    return new AccessAnswer.Allowed(
        fields(response, toUpstream),
        List.of(),
        fields(response, toCallerOnAllow),
        Map.of(),
        AccessAnswer.QueryChange.NONE);
  }

  private static List<HeaderAdd> fields(HttpResponse<?> response, Predicate<String> wanted) {
    List<HeaderAdd> fields = new ArrayList<>();
    response
        .headers()
        .map()
        .forEach(
            (written, values) -> {
              String name = written.toLowerCase(Locale.ROOT);
              if (wanted.test(name)) {
                HeaderAdd.Mode mode = HeaderAdd.Mode.OVERWRITE;
                for (String value : values) {
                  fields.add(new HeaderAdd(name, value, mode));
                  mode = HeaderAdd.Mode.APPEND;
                }
              }
            });
    return fields;
  }
}
