package io.inmesh.model;

/**
 * Where an endpoint or a client runs, from wide to narrow; an empty part is unknown.
 *
 * @param region for example {@code eu-west-1}
 * @param zone within the region
 * @param subzone within the zone
 */
public record Locality(String region, String zone, String subzone) {
  /** No location known. */
  public static final Locality UNKNOWN = new Locality("", "", "");
}
