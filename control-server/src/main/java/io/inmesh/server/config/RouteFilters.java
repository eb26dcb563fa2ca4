package io.inmesh.server.config;

import io.inmesh.server.config.RouteFilter.Cors;
import io.inmesh.server.config.RouteFilter.ExtensionRef;
import io.inmesh.server.config.RouteFilter.ExternalAuth;
import io.inmesh.server.config.RouteFilter.Header;
import io.inmesh.server.config.RouteFilter.HeaderChanges;
import io.inmesh.server.config.RouteFilter.PathRewrite;
import io.inmesh.server.config.RouteFilter.RequestHeaders;
import io.inmesh.server.config.RouteFilter.RequestMirror;
import io.inmesh.server.config.RouteFilter.RequestRedirect;
import io.inmesh.server.config.RouteFilter.ResponseHeaders;
import io.inmesh.server.config.RouteFilter.UrlRewrite;
import io.inmesh.server.config.VirtualServiceSpec.Text;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Rules about filters, and their reading. */
final class RouteFilters {

  private static final Set<String> ONLY_ONCE =
      Set.of(
          "RequestHeaderModifier",
          "ResponseHeaderModifier",
          "RequestRedirect",
          "URLRewrite",
          "CORS",
          "ExternalAuth");

  /** What a type of filter is waiting for. */
  private static final Map<String, NotYetSupported> LATER =
      Map.of("ExternalAuth", NotYetSupported.EXTERNAL_AUTH);

  private RouteFilters() {}

  /** The rule of one filter: exactly the field of its type. */
  static void checkFilter(View filter, Check check) {
    String type = filter.text("type");
    List<String> others =
        filter.schema().fields().stream()
            .map(ObjectSchema.Field::name)
            .filter(name -> !name.equals("type") && !name.equals(fieldOf(type)))
            .toList();
    union(filter, type, fieldOf(type), others);
    NotYetSupported later = LATER.get(type);
    if (later != null) {
      later.report(filter.path(), filter.at(), check);
    }
  }

  /** Reports if the field a type needs is missing or one it excludes is there. */
  static void union(View view, String type, String needed, List<String> others) {
    if (!view.has(needed)) {
      view.report(FindingCode.REQUIRED, needed, "missing", "type " + type + " needs it");
    }
    for (String other : others) {
      if (view.has(other)) {
        view.report(
            FindingCode.CONTRADICTION, other, "does not belong to type " + type, "remove it");
      }
    }
  }

  /** The rule of a list of filters. */
  static void checkCombination(List<View> filters) {
    Set<String> seen = new HashSet<>();
    for (View filter : filters) {
      String type = filter.text("type");
      if (!seen.add(type) && ONLY_ONCE.contains(type)) {
        filter.report(
            FindingCode.DUPLICATE_ENTRY, "type", "only one " + type + " is allowed here", "");
      }
      boolean redirect = type.equals("RequestRedirect") && seen.contains("URLRewrite");
      boolean rewrite = type.equals("URLRewrite") && seen.contains("RequestRedirect");
      if (redirect || rewrite) {
        filter.report(
            FindingCode.CONTRADICTION,
            "type",
            "RequestRedirect and URLRewrite exclude one another",
            "");
      }
    }
  }

  private static String fieldOf(String type) {
    return switch (type) {
      case "URLRewrite" -> "urlRewrite";
      case "CORS" -> "cors";
      default -> type.substring(0, 1).toLowerCase(Locale.ROOT) + type.substring(1);
    };
  }

  static RouteFilter read(View filter, String namespace) {
    String type = filter.text("type");
    View content = filter.object(fieldOf(type));
    Provenance at = filter.at();
    return switch (type) {
      case "RequestHeaderModifier" -> new RequestHeaders(changes(content), at);
      case "ResponseHeaderModifier" -> new ResponseHeaders(changes(content), at);
      case "RequestRedirect" ->
          new RequestRedirect(
              content.textOrNull("scheme"),
              content.textOrNull("hostname"),
              path(content.objectOrNull("path")),
              content.numberOrNull("port"),
              content.number("statusCode"),
              at);
      case "URLRewrite" ->
          new UrlRewrite(content.textOrNull("hostname"), path(content.objectOrNull("path")), at);
      case "RequestMirror" -> mirror(content, namespace, at);
      case "CORS" ->
          new Cors(
              new CorsRules(
                  content.texts("allowOrigins").stream().map(RouteFilters::origin).toList(),
                  content.texts("allowMethods"),
                  content.texts("allowHeaders"),
                  content.texts("exposeHeaders"),
                  Duration.ofSeconds(content.number("maxAge")),
                  content.flag("allowCredentials"),
                  false),
              at);
      case "ExternalAuth" ->
          new ExternalAuth(
              content.text("protocol"), backend(content, namespace), settings(content), at);
      case "ExtensionRef" ->
          new ExtensionRef(content.text("group"), content.text("kind"), content.text("name"), at);
      default -> throw new IllegalStateException("the schema let through the filter " + type);
    };
  }

  /** A {@code *} in a host stands for any text; alone it means every origin. */
  private static Text origin(String origin) {
    return origin.equals("*") || origin.indexOf('*') < 0
        ? new Text(ValueMatch.Type.EXACT, origin)
        : new Text(
            ValueMatch.Type.REGULAR_EXPRESSION,
            Stream.of(origin.split("\\*", -1))
                .map(part -> part.isEmpty() ? "" : Pattern.quote(part))
                .collect(Collectors.joining(".+")));
  }

  private static HeaderChanges changes(View modifier) {
    return new HeaderChanges(
        modifier.objects("set").stream().map(RouteFilters::header).toList(),
        modifier.objects("add").stream().map(RouteFilters::header).toList(),
        modifier.texts("remove"));
  }

  private static Header header(View header) {
    return new Header(header.text("name"), header.text("value"));
  }

  private static @Nullable PathRewrite path(@Nullable View path) {
    if (path == null) {
      return null;
    }
    boolean prefix = path.text("type").equals("ReplacePrefixMatch");
    return new PathRewrite(prefix, path.text(prefix ? "replacePrefixMatch" : "replaceFullPath"));
  }

  private static RequestMirror mirror(View mirror, String namespace, Provenance at) {
    View fraction = mirror.objectOrNull("fraction");
    Integer percent = mirror.numberOrNull("percent");
    int numerator =
        fraction != null ? fraction.number("numerator") : percent != null ? percent : 100;
    int denominator = fraction != null ? fraction.number("denominator") : 100;
    return new RequestMirror(backend(mirror, namespace), numerator, denominator, at);
  }

  private static BackendRef backend(View holder, String namespace) {
    return RouteSchemas.backend(holder.object("backendRef"), namespace, 1, List.of());
  }

  private static Map<String, String> settings(View auth) {
    Map<String, String> settings = new LinkedHashMap<>();
    String path = auth.object("http").textOrNull("path");
    if (path != null) {
      settings.put("http.path", path);
    }
    settings.put(
        "http.allowedHeaders", String.join(",", auth.object("http").texts("allowedHeaders")));
    settings.put(
        "http.allowedResponseHeaders",
        String.join(",", auth.object("http").texts("allowedResponseHeaders")));
    settings.put(
        "grpc.allowedHeaders", String.join(",", auth.object("grpc").texts("allowedHeaders")));
    String maxSize = auth.object("forwardBody").textOrNull("maxSize");
    if (maxSize != null) {
      settings.put("forwardBody.maxSize", maxSize);
    }
    return settings;
  }
}
