package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.LocalitySpec.Distribute;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Istio's {@code LocalityLoadBalancerSetting}. */
final class LocalitySchema {
  private static final Format PATTERN =
      Format.of(
          "locality pattern",
          "region, region/zone or region/zone/subzone; '*' for any at the end",
          LocalitySchema::isPattern);

  static final ObjectSchema SCHEMA =
      object("LocalityLoadBalancerSetting")
          .optional("enabled", BooleanSchema.BOOLEAN, "true", "false: localities do not matter")
          .optional(
              "distribute",
              list(
                  object("Distribute")
                      .required("from", text(PATTERN).length(1, 256), "the caller's locality")
                      .required(
                          "to",
                          MapSchema.map(PATTERN, number(1, 100), 64),
                          "percentages by locality, which sum to 100"),
                  64),
              "shares by locality")
          .optional(
              "failover",
              list(
                  object("Failover")
                      .required("from", text().length(1, 63), "a region")
                      .required("to", text().length(1, 63), "the region that takes over"),
                  64),
              "instead of any other region")
          .optional(
              "failoverPriority",
              list(text().length(1, 256), 1, 16),
              "labels, `name` or `name=value`, the most important first")
          .rule(LocalitySchema::check);

  private LocalitySchema() {}

  private static boolean isPattern(String text) {
    String[] parts = text.split("/", -1);
    if (parts.length > 3) {
      return false;
    }
    for (int i = 0; i < parts.length; i++) {
      if (parts[i].isEmpty()
          || (parts[i].contains("*") && (parts[i].length() > 1 || i < parts.length - 1))) {
        return false;
      }
    }
    return true;
  }

  private static void check(View setting, Check check) {
    if (setting.has("distribute") && (setting.has("failover") || setting.has("failoverPriority"))) {
      setting.report(
          FindingCode.CONTRADICTION,
          "distribute",
          "distribute and failover exclude one another",
          "");
    }
    if (setting.has("failoverPriority") && setting.has("failover")) {
      setting.report(
          FindingCode.CONTRADICTION,
          "failoverPriority",
          "failover and failoverPriority exclude one another",
          "");
    }
    for (View distribute : setting.objects("distribute")) {
      int sum =
          distribute.map("to").values().stream()
              .mapToInt(percent -> NumberSchema.parse(percent).intValueExact())
              .sum();
      if (sum != 100) {
        distribute.report(
            FindingCode.CONTRADICTION, "to", "the percentages sum to " + sum, "expected 100");
      }
    }
    RouteSchemas.unique(setting.objects("distribute"), "from", item -> item.text("from"));
    RouteSchemas.unique(setting.objects("failover"), "from", item -> item.text("from"));
    for (View failover : setting.objects("failover")) {
      if (failover.text("from").equals(failover.text("to"))) {
        failover.report(FindingCode.INEFFECTIVE, "to", "is the region itself", "");
      }
    }
  }

  static LocalitySpec read(View setting) {
    Map<String, String> failover = new LinkedHashMap<>();
    setting
        .objects("failover")
        .forEach(item -> failover.putIfAbsent(item.text("from"), item.text("to")));
    List<Distribute> distribute =
        setting.objects("distribute").stream().map(LocalitySchema::distribute).toList();
    return new LocalitySpec(
        setting.flag("enabled"), distribute, failover, setting.texts("failoverPriority"));
  }

  private static Distribute distribute(View item) {
    Map<String, Integer> to = new LinkedHashMap<>();
    item.map("to")
        .forEach((place, percent) -> to.put(place, NumberSchema.parse(percent).intValueExact()));
    return new Distribute(item.text("from"), to);
  }
}
