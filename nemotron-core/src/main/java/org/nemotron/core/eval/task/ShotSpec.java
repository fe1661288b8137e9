package org.nemotron.core.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;

/**
 * How a task's shots are taken.
 *
 * @param count how many, unless the caller says otherwise
 * @param fixed whether the caller may not
 * @param pool the split that they are drawn from; empty where there is none
 * @param inOrder whether they are the first of the pool; otherwise they are drawn for each item
 * @param excludesItem whether one more is drawn and the item itself left out
 * @param examples shots that are part of the task, in place of a pool
 * @param target the answer of a shot
 */
record ShotSpec(
    int count,
    boolean fixed,
    String pool,
    boolean inOrder,
    boolean excludesItem,
    ImmutableList<Example> examples,
    Template target) {

  /** {@code usualTarget} is the answer of an item. */
  static ShotSpec parse(JsonFields json, String usualTarget) {
    String sampler = json.text("sampler", "random");
    if (!sampler.equals("random") && !sampler.equals("first")) {
      throw json.fault("sampler (" + sampler + ") must be random or first");
    }
    ImmutableList.Builder<Example> examples = ImmutableList.builder();
    if (json.has("examples")) {
      for (JsonNode example : json.value("examples")) {
        examples.add(new Example(example, ImmutableList.of(), ImmutableIntArray.of()));
      }
    }
    ShotSpec spec =
        new ShotSpec(
            json.number("count", 0),
            json.flag("fixed"),
            json.text("pool", ""),
            sampler.equals("first"),
            json.flag("excludesItem"),
            examples.build(),
            json.template("target", usualTarget));
    json.checkAllKnown();
    return spec;
  }
}
