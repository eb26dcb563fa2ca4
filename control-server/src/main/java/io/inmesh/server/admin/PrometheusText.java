package io.inmesh.server.admin;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.data.PointData;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Prometheus' text exposition format 0.0.4, by the naming rules of OpenTelemetry's compatibility
 * specification: dots become underscores, the unit and {@code _total} are appended.
 */
final class PrometheusText {
  private static final Map<String, String> UNITS =
      Map.of("s", "seconds", "ms", "milliseconds", "By", "bytes", "1", "ratio");

  private final StringBuilder out = new StringBuilder();

  private PrometheusText() {}

  static String write(Collection<MetricData> metrics) {
    PrometheusText text = new PrometheusText();
    Map<String, List<MetricData>> byName = new LinkedHashMap<>();
    metrics.stream()
        .sorted(Comparator.comparing(MetricData::getName))
        .forEach(m -> byName.computeIfAbsent(name(m), n -> new ArrayList<>()).add(m));
    byName.forEach(text::family);
    return text.out.toString();
  }

  private static boolean isCounter(MetricData metric) {
    return (metric.getType() == MetricDataType.LONG_SUM && metric.getLongSumData().isMonotonic())
        || (metric.getType() == MetricDataType.DOUBLE_SUM
            && metric.getDoubleSumData().isMonotonic());
  }

  private static String name(MetricData metric) {
    String name = clean(metric.getName());
    String unit = UNITS.getOrDefault(metric.getUnit(), "");
    if (!unit.isEmpty() && !name.endsWith("_" + unit)) {
      name += "_" + unit;
    }
    return isCounter(metric) && !name.endsWith("_total") ? name + "_total" : name;
  }

  private void family(String name, List<MetricData> metrics) {
    MetricData first = metrics.get(0);
    String type =
        first.getType() == MetricDataType.HISTOGRAM
            ? "histogram"
            : isCounter(first) ? "counter" : "gauge";
    if (!first.getDescription().isEmpty()) {
      String help = first.getDescription().replace("\\", "\\\\").replace("\n", "\\n");
      out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    }
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    for (MetricData metric : metrics) {
      for (PointData point : metric.getData().getPoints()) {
        if (point instanceof HistogramPointData histogram) {
          histogram(name, histogram);
        } else if (point instanceof LongPointData value) {
          sample(name, point.getAttributes(), "", Long.toString(value.getValue()));
        } else if (point instanceof DoublePointData value) {
          sample(name, point.getAttributes(), "", number(value.getValue()));
        }
      }
    }
  }

  private void histogram(String name, HistogramPointData point) {
    long cumulative = 0;
    List<Double> bounds = point.getBoundaries();
    for (int i = 0; i < point.getCounts().size(); i++) {
      cumulative += point.getCounts().get(i);
      String bound = i < bounds.size() ? number(bounds.get(i)) : "+Inf";
      sample(
          name + "_bucket",
          point.getAttributes(),
          "le=\"" + bound + "\"",
          Long.toString(cumulative));
    }
    sample(name + "_sum", point.getAttributes(), "", number(point.getSum()));
    sample(name + "_count", point.getAttributes(), "", Long.toString(point.getCount()));
  }

  private void sample(String name, Attributes attributes, String extra, String value) {
    out.append(name);
    StringBuilder labels = new StringBuilder();
    attributes.forEach(
        (AttributeKey<?> key, Object label) ->
            labels
                .append(labels.isEmpty() ? "" : ",")
                .append(clean(key.getKey()))
                .append("=\"")
                .append(escape(String.valueOf(label)))
                .append('"'));
    if (!extra.isEmpty()) {
      labels.append(labels.isEmpty() ? "" : ",").append(extra);
    }
    if (!labels.isEmpty()) {
      out.append('{').append(labels).append('}');
    }
    out.append(' ').append(value).append('\n');
  }

  private static String number(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static String escape(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private static String clean(String name) {
    StringBuilder cleaned = new StringBuilder(name);
    for (int i = 0; i < cleaned.length(); i++) {
      char c = cleaned.charAt(i);
      boolean legal = c == '_' || (Character.isLetterOrDigit(c) && c < 128);
      if (!legal || (i == 0 && Character.isDigit(c))) {
        cleaned.setCharAt(i, '_');
      }
    }
    return cleaned.toString();
  }
}
