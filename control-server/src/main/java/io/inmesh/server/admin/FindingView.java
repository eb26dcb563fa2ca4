package io.inmesh.server.admin;

import io.inmesh.server.config.Finding;
import io.inmesh.server.registry.RegistryAlarm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Findings as JSON, the same for the admin port and {@code inmesh validate --json}. */
public final class FindingView {
  private FindingView() {}

  /** One finding of the configuration. */
  public static Map<String, Object> of(Finding finding) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("code", finding.code().id());
    out.put("level", finding.level().name());
    out.put("message", finding.message());
    if (finding.resource() != null) {
      out.put("resource", finding.resource().toString());
    }
    if (!finding.pointer().isEmpty()) {
      out.put("pointer", finding.pointer());
    }
    if (!finding.file().isEmpty()) {
      out.put("file", finding.file());
      out.put("line", finding.line());
      out.put("column", finding.column());
    }
    if (!finding.hint().isEmpty()) {
      out.put("hint", finding.hint());
    }
    return out;
  }

  /** One alarm of the registry. */
  static Map<String, Object> of(RegistryAlarm alarm) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("code", alarm.code());
    out.put("level", "WARNING");
    out.put("message", alarm.message());
    if (!alarm.subject().isEmpty()) {
      out.put("resource", alarm.subject());
    }
    return out;
  }

  static Map<String, Object> all(AdminSource source) {
    List<Map<String, Object>> findings = new ArrayList<>();
    source.findings().forEach(finding -> findings.add(of(finding)));
    source.registry().alarms().forEach(alarm -> findings.add(of(alarm)));
    return Map.of("findings", findings);
  }
}
