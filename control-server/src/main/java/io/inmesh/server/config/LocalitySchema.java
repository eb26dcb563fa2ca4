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

  private static final String MOST_IMPORTANT_FIRST =
      "labels, `name` or `name=value`, the most important first";

  private static final ListSchema FAILOVER =
      list(
          object("Failover")
              .required("from", text().length(1, 63), "a region")
              .required("to", text().length(1, 63), "the region that takes over"),
          64);

  private static final ListSchema LABELS = list(text().length(1, 256), 1, 16);

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
          .optional("failover", FAILOVER, "instead of any other region")
          .optional("failoverPriority", LABELS, MOST_IMPORTANT_FIRST)
          .rule(LocalitySchema::checkDistribute)
          .rule(LocalitySchema::checkFailover);

  static final ObjectSchema ZONE_AWARE =
      object("ZoneAwareLoadBalancerSetting")
          .optional("enabled", BooleanSchema.BOOLEAN, "true", "false: zones do not matter")
          .optional(
              "minClusterSize",
              number(1, 1_000_000),
              "6",
              "with fewer healthy endpoints in the region zones do not matter")
          .optional("failover", FAILOVER, "instead of any other region")
          .optional("failoverPriority", LABELS, MOST_IMPORTANT_FIRST)
          .rule(LocalitySchema::checkFailover);

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

  private static void checkDistribute(View setting, Check check) {
    if (setting.has("distribute") && (setting.has("failover") || setting.has("failoverPriority"))) {
      setting.report(
          FindingCode.CONTRADICTION,
          "distribute",
          "distribute and failover exclude one another",
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
  }

  private static void checkFailover(View setting, Check check) {
    if (setting.has("failoverPriority") && setting.has("failover")) {
      setting.report(
          FindingCode.CONTRADICTION,
          "failoverPriority",
          "failover and failoverPriority exclude one another",
          "");
    }
    RouteSchemas.unique(setting.objects("failover"), "from", item -> item.text("from"));
    for (View failover : setting.objects("failover")) {
      if (failover.text("from").equals(failover.text("to"))) {
        failover.report(FindingCode.INEFFECTIVE, "to", "is the region itself", "");
      }
    }
  }

  static LocalitySpec read(View setting) {
    return read(
        setting,
        setting.objects("distribute").stream().map(LocalitySchema::distribute).toList(),
        0);
  }

  static LocalitySpec readZoneAware(View setting) {
    return read(setting, List.of(), setting.number("minClusterSize"));
  }

  private static LocalitySpec read(View setting, List<Distribute> distribute, int minClusterSize) {
    Map<String, String> failover = new LinkedHashMap<>();
    setting
        .objects("failover")
        .forEach(item -> failover.putIfAbsent(item.text("from"), item.text("to")));
    return new LocalitySpec(
        setting.flag("enabled"),
        distribute,
        failover,
        setting.texts("failoverPriority"),
        minClusterSize);
  }

  private static Distribute distribute(View item) {
    Map<String, Integer> to = new LinkedHashMap<>();
    item.map("to")
        .forEach((place, percent) -> to.put(place, NumberSchema.parse(percent).intValueExact()));
    return new Distribute(item.text("from"), to);
  }
}
