package org.nemotron.core.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The task files of this library. A file with a list of members defines a task for each: {@code
 * $member} stands for the member's name, {@code $words} for the same with spaces.
 */
final class TaskResources {
  private static final String LIST = "tasks.txt";
  private static final String GROUPS = "groups.json";
  private static final String MEMBERS = "members";

  private static final JsonMapper JSON = new JsonMapper();

  private TaskResources() {}

  static ImmutableMap<String, TaskSpec> tasks() {
    return Loaded.TASKS;
  }

  static ImmutableMap<String, TaskGroup> groups() {
    return Loaded.GROUPS_BY_NAME;
  }

  static ImmutableMap<String, TaskPreset> presets() {
    return Loaded.PRESETS;
  }

  /** Read once, when a task is first asked for. */
  private static final class Loaded {
    static final ImmutableMap<String, TaskSpec> TASKS = readTasks();
    static final ImmutableMap<String, TaskGroup> GROUPS_BY_NAME = readGroups();
    static final ImmutableMap<String, TaskPreset> PRESETS = readPresets();
  }

  private static ImmutableMap<String, TaskSpec> readTasks() {
    ImmutableMap.Builder<String, TaskSpec> tasks = ImmutableMap.builder();
    for (String name : Splitter.on('\n').omitEmptyStrings().split(text(LIST))) {
      for (TaskSpec task : readTasks(name + ".json")) {
        tasks.put(task.name(), task);
      }
    }
    return tasks.buildOrThrow();
  }

  private static ImmutableList<TaskSpec> readTasks(String file) {
    String text = text(file);
    ObjectNode json = (ObjectNode) parse(text);
    JsonNode members = json.remove(MEMBERS);
    if (members == null) {
      return ImmutableList.of(TaskSpec.parse(file, json));
    }
    ImmutableList.Builder<TaskSpec> tasks = ImmutableList.builder();
    String shared = json.toString();
    for (JsonNode member : members) {
      String name = member.asText();
      String own = shared.replace("$member", name).replace("$words", name.replace('_', ' '));
      tasks.add(TaskSpec.parse(file + ", " + name, parse(own)));
    }
    return tasks.build();
  }

  private static ImmutableMap<String, TaskGroup> readGroups() {
    Map<String, TaskGroup> groups = new LinkedHashMap<>();
    JsonFields file = new JsonFields(GROUPS, parse(text(GROUPS)));
    for (JsonFields json : file.objects("groups")) {
      TaskGroup group =
          new TaskGroup(
              json.text("name"),
              json.text("version"),
              json.texts("tasks"),
              json.flag("weightBySize"));
      groups.put(group.name(), group);
    }
    groups.replaceAll(
        (name, group) ->
            new TaskGroup(name, group.version(), members(group, groups), group.weightBySize()));
    return ImmutableMap.copyOf(groups);
  }

  /** Returns the tasks of a group, those of the groups in it included. */
  private static ImmutableList<String> members(TaskGroup group, Map<String, TaskGroup> groups) {
    ImmutableList.Builder<String> members = ImmutableList.builder();
    for (String name : group.tasks()) {
      TaskGroup inner = groups.get(name);
      members.addAll(inner == null ? ImmutableList.of(name) : members(inner, groups));
    }
    return members.build();
  }

  private static ImmutableMap<String, TaskPreset> readPresets() {
    ImmutableMap.Builder<String, TaskPreset> presets = ImmutableMap.builder();
    JsonFields file = new JsonFields(GROUPS, parse(text(GROUPS)));
    for (JsonFields json : file.objects("presets")) {
      JsonFields tasks = json.object("tasks");
      presets.put(
          json.text("name"),
          new TaskPreset(
              json.text("name"),
              json.text("about"),
              tasks.all(name -> tasks.number(name, 0)),
              json.flag("withMtBench")));
    }
    return presets.buildOrThrow();
  }

  private static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(String file) {
    try (InputStream stream = TaskResources.class.getResourceAsStream(file)) {
      if (stream == null) {
        throw new IllegalStateException("the resource " + file + " is missing");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
