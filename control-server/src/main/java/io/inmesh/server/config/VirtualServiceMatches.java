package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.VirtualServiceSpec.Match;
import io.inmesh.server.config.VirtualServiceSpec.Text;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The conditions of a {@code VirtualService} on requests. */
final class VirtualServiceMatches {
  /** Istio's name for callers in the mesh, in a list of gateways. */
  static final String MESH = "mesh";

  /** Exactly one comparison. */
  static final ObjectSchema STRING_MATCH =
      strings("StringMatch").rule((match, check) -> checkOne(match, false));

  /** One comparison, or none: it only has to be there. */
  private static final ObjectSchema PRESENCE_MATCH =
      strings("StringMatchOrPresent").rule((match, check) -> checkOne(match, true));

  private static final MapSchema VALUES = MapSchema.map(Formats.HEADER_NAME, PRESENCE_MATCH, 64);

  static final ObjectSchema SCHEMA =
      object("HTTPMatchRequest")
          .optional("name", text().length(0, 253), "for people")
          .optional("uri", STRING_MATCH, "the path, without its query")
          .optional("ignoreUriCase", BooleanSchema.BOOLEAN, "false", "of exact and prefix paths")
          .optional("scheme", STRING_MATCH, "`http` or `https`")
          .optional("method", STRING_MATCH, "of HTTP")
          .optional("authority", STRING_MATCH, "the Host header")
          .optional("headers", VALUES, "all must match; an empty match: it must be there")
          .optional("withoutHeaders", VALUES, "none may match")
          .optional("queryParams", VALUES, "all must match")
          .optional("port", NumberSchema.port(), "of the service")
          .optional("sourceLabels", MapSchema.LABELS, "the calling workload carries")
          .optional("sourceNamespace", text(Formats.DNS_LABEL), "of the calling workload")
          .optional("gateways", list(text().length(1, 253), 16), "only `mesh` is served")
          .noEffect("statPrefix")
          .rule((match, check) -> checkHeaders(match));

  private VirtualServiceMatches() {}

  private static ObjectSchema strings(String name) {
    return object(name)
        .optional("exact", text().length(0, 4096), "all of it, case included")
        .optional("prefix", text().length(1, 4096), "how it begins")
        .optional("regex", text().length(1, 1024), "RE2 for all of it");
  }

  private static void checkOne(View match, boolean noneAllowed) {
    long given = List.of("exact", "prefix", "regex").stream().filter(match::has).count();
    if (given > 1 || (given == 0 && !noneAllowed)) {
      match.report(
          given == 0 ? FindingCode.REQUIRED : FindingCode.CONTRADICTION,
          "give exactly one of exact, prefix and regex",
          "");
    }
    if (match.has("regex")) {
      RouteSchemas.regex(match, "regex");
    }
  }

  private static void checkHeaders(View match) {
    for (String field : List.of("headers", "withoutHeaders")) {
      match
          .objectMap(field)
          .forEach(
              (name, value) -> {
                if (name.startsWith("@")) {
                  value.report(
                      FindingCode.NOT_APPLICABLE,
                      "conditions on tokens belong to gateways, not to callers",
                      "use an AuthorizationPolicy");
                }
              });
    }
    if (match.flag("ignoreUriCase") && match.object("uri").has("regex")) {
      match.report(
          FindingCode.INEFFECTIVE,
          "ignoreUriCase",
          "an expression decides about case itself",
          "begin it with (?i)");
    }
  }

  /** Whether it is about callers in the mesh. */
  static boolean forMesh(List<String> gateways) {
    return gateways.isEmpty() || gateways.contains(MESH);
  }

  static Match read(View match) {
    return new Match(
        match.textOrEmpty("name"),
        string(match, "uri"),
        match.flag("ignoreUriCase"),
        string(match, "scheme"),
        string(match, "method"),
        string(match, "authority"),
        strings(match, "headers", true),
        strings(match, "withoutHeaders", true),
        strings(match, "queryParams", false),
        match.numberOrNull("port"),
        match.map("sourceLabels"),
        match.textOrEmpty("sourceNamespace"),
        match.at());
  }

  private static @Nullable Text string(View match, String field) {
    View text = match.objectOrNull(field);
    return text == null ? null : string(text);
  }

  private static Map<String, Text> strings(View match, String field, boolean lowerCase) {
    Map<String, Text> texts = new LinkedHashMap<>();
    match
        .objectMap(field)
        .forEach(
            (name, text) ->
                texts.put(lowerCase ? name.toLowerCase(Locale.ROOT) : name, string(text)));
    return texts;
  }

  static Text string(View text) {
    if (text.has("exact")) {
      return new Text(ValueMatch.Type.EXACT, text.text("exact"));
    }
    if (text.has("prefix")) {
      return new Text(ValueMatch.Type.PREFIX, text.text("prefix"));
    }
    return text.has("regex")
        ? new Text(ValueMatch.Type.REGULAR_EXPRESSION, text.text("regex"))
        : new Text(ValueMatch.Type.PRESENT, "");
  }
}
