#include "core/json.h"
#include "core/study_spec.h"

namespace studyhall {

namespace {

constexpr std::string_view kSchema = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Study file",
  "description": "What to search, what counts as good, who works on it, and when to stop. Ranges that depend on each other (low <= high, names of parameters) are checked by study create.",
  "type": "object",
  "required": ["name", "params"],
  "oneOf": [{"required": ["direction"]}, {"required": ["directions"]}],
  "dependentSchemas": {"roles": {
    "required": ["experiment"],
    "properties": {"experiment": {"required": ["agent"], "properties": {"agent": {"const": "claude"}}}}
  }},
  "additionalProperties": false,
  "properties": {
    "$schema": {"type": "string", "description": "Where this schema is, for editors."},
    "name": {"$ref": "#/$defs/name", "description": "The study's name in every command."},
    "direction": {"enum": ["minimize", "maximize"], "description": "Whether a small or a large value is good."},
    "directions": {"type": "array", "items": {"enum": ["minimize", "maximize"]}, "minItems": 1, "maxItems": 10, "description": "One for each objective: a study with several looks for the configurations that none other beats in all of them."},
    "seed": {"type": "integer", "minimum": 0, "maximum": 18446744073709551615, "description": "Every suggestion follows from it. Chosen at create where it is absent."},
    "params": {
      "type": "object",
      "minProperties": 1,
      "maxProperties": 1000,
      "propertyNames": {"$ref": "#/$defs/param_name"},
      "additionalProperties": {
        "oneOf": [{"$ref": "#/$defs/float"}, {"$ref": "#/$defs/int"}, {"$ref": "#/$defs/categorical"}],
        "if": {"required": ["retired"], "properties": {"retired": {"const": true}}},
        "then": {"required": ["absent"]}
      },
      "description": "What may be tried, by name."
    },
    "require": {"type": "array", "maxItems": 100, "items": {"type": "string"}, "description": "Conditions on the parameters such as \"a <= b + 6\". What breaks one is never suggested."},
    "constraints": {
      "type": "array",
      "maxItems": 100,
      "description": "Bounds on metrics told with each result. A trial that breaks one never leads.",
      "items": {
        "type": "object",
        "required": ["metric"],
        "anyOf": [{"required": ["max"]}, {"required": ["min"]}],
        "additionalProperties": false,
        "properties": {
          "metric": {"type": "string", "minLength": 1},
          "max": {"type": "number"},
          "min": {"type": "number"}
        }
      }
    },
    "workers": {
      "type": "object",
      "maxProperties": 10000,
      "propertyNames": {"$ref": "#/$defs/name"},
      "additionalProperties": {"$ref": "#/$defs/worker"},
      "description": "Workers with a part of the space of their own. Others may work too, on the whole space."
    },
    "roles": {
      "type": "object",
      "maxProperties": 1000,
      "propertyNames": {"$ref": "#/$defs/name"},
      "additionalProperties": {"$ref": "#/$defs/role"},
      "description": "What several workers do alike, for study work --role."
    },
    "notify": {
      "type": "object",
      "maxProperties": 20,
      "propertyNames": {"$ref": "#/$defs/name"},
      "additionalProperties": {"$ref": "#/$defs/webhook"},
      "description": "Webhooks that study serve tells what happens to this study, on the hosts that --notify-host allows."
    },
    "focus_share": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.8, "description": "The share of a focused worker's suggestions that move its focus only; the others may move everything."},
    "sampler": {"$ref": "#/$defs/sampler", "default": "auto"},
    "pruner": {"$ref": "#/$defs/pruner", "description": "Which trials are ended early."},
    "confirm": {
      "type": "object",
      "required": ["replicates"],
      "additionalProperties": false,
      "properties": {"replicates": {"type": "integer", "minimum": 0, "maximum": 1000}},
      "description": "How often a would-be best is run again before it leads, within a fifth of limits.trials; with one objective only."
    },
    "limits": {"$ref": "#/$defs/study_limits"},
    "target": {"type": "number", "description": "A value at which the study is finished."},
    "experiment": {"$ref": "#/$defs/experiment"}
  },
  "$defs": {
    "study_limits": {
      "type": "object",
      "additionalProperties": false,
      "description": "When to stop.",
      "properties": {
        "trials": {"$ref": "#/$defs/count", "description": "Trials that end complete or pruned."},
        "failures": {"$ref": "#/$defs/count", "description": "Trials whose configuration failed, or that agents declined until their retries were used up. Default: as many as trials."},
        "running": {"$ref": "#/$defs/count", "description": "Trials at once."},
        "running_by_tag": {"type": "object", "propertyNames": {"$ref": "#/$defs/name"}, "additionalProperties": {"$ref": "#/$defs/count"}, "description": "Trials and tasks with a tag at once, by tag."},
        "hours": {"type": "number", "exclusiveMinimum": 0, "description": "Of the wall clock since the first ask, stopped or not."},
        "cost_usd": {"type": "number", "exclusiveMinimum": 0, "description": "What the trials cost in all, as told."},
        "turns": {"$ref": "#/$defs/amount", "description": "Turns of the agents in all, as told."},
        "tokens": {"$ref": "#/$defs/amount", "description": "Tokens in all, as told."}
      }
    },
    "limits": {
      "type": "object",
      "additionalProperties": false,
      "description": "When to stop.",
      "properties": {
        "trials": {"$ref": "#/$defs/count", "description": "Trials that end complete or pruned."},
        "failures": {"$ref": "#/$defs/count", "description": "Trials whose configuration failed, or that agents declined until their retries were used up. Default: as many as trials."},
        "running": {"$ref": "#/$defs/count", "description": "Trials at once."},
        "hours": {"type": "number", "exclusiveMinimum": 0, "description": "Of the wall clock since the first ask, stopped or not."},
        "cost_usd": {"type": "number", "exclusiveMinimum": 0, "description": "What the trials cost in all, as told."},
        "turns": {"$ref": "#/$defs/amount", "description": "Turns of the agents in all, as told."},
        "tokens": {"$ref": "#/$defs/amount", "description": "Tokens in all, as told."}
      }
    },
    "amount": {"type": "integer", "minimum": 1, "maximum": 9007199254740992},
    "name": {"type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$"},
    "param_name": {"type": "string", "minLength": 1, "maxLength": 256, "pattern": "^[^{}\\u0000-\\u001f\\u007f]+$"},
    "count": {"type": "integer", "minimum": 1, "maximum": 1000000000},
    "exact_integer": {"type": "integer", "minimum": -9007199254740992, "maximum": 9007199254740992},
    "retired": {"type": "boolean", "default": false, "description": "Searched no more: from its retirement on runs are taken to have the value \"absent\"."},
    "scalar": {"type": ["string", "number", "boolean", "null"]},
    "when": {
      "type": "object",
      "propertyNames": {"$ref": "#/$defs/param_name"},
      "additionalProperties": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"$ref": "#/$defs/scalar"}},
      "description": "The parameter is used only where each parameter named here has one of these values."
    },
    "float": {
      "type": "object",
      "required": ["type", "low", "high"],
      "additionalProperties": false,
      "not": {"required": ["log", "step"], "properties": {"log": {"const": true}}},
      "if": {"required": ["log"], "properties": {"log": {"const": true}}},
      "then": {"properties": {"low": {"exclusiveMinimum": 0}}},
      "properties": {
        "type": {"const": "float"},
        "low": {"type": "number"},
        "high": {"type": "number"},
        "log": {"type": "boolean", "default": false, "description": "Search in the logarithm."},
        "step": {"type": "number", "exclusiveMinimum": 0, "description": "Only low, low + step, low + 2 step, ..."},
        "default": {"type": "number", "description": "The value of the first trial."},
        "absent": {"type": "number", "description": "What a trial without a value of it is taken to have had: set by study edit."},
        "retired": {"$ref": "#/$defs/retired"},
        "when": {"$ref": "#/$defs/when"}
      }
    },
    "int": {
      "type": "object",
      "required": ["type", "low", "high"],
      "additionalProperties": false,
      "if": {"required": ["log"], "properties": {"log": {"const": true}}},
      "then": {"properties": {"low": {"minimum": 1}, "step": {"const": 1}}},
      "properties": {
        "type": {"const": "int"},
        "low": {"$ref": "#/$defs/exact_integer"},
        "high": {"$ref": "#/$defs/exact_integer"},
        "log": {"type": "boolean", "default": false, "description": "Search in the logarithm."},
        "step": {"type": "integer", "minimum": 1, "maximum": 9007199254740992, "default": 1},
        "default": {"$ref": "#/$defs/exact_integer", "description": "The value of the first trial."},
        "absent": {"$ref": "#/$defs/exact_integer", "description": "What a trial without a value of it is taken to have had: set by study edit."},
        "retired": {"$ref": "#/$defs/retired"},
        "when": {"$ref": "#/$defs/when"}
      }
    },
    "categorical": {
      "type": "object",
      "required": ["type", "choices"],
      "additionalProperties": false,
      "properties": {
        "type": {"const": "categorical"},
        "choices": {"type": "array", "minItems": 1, "maxItems": 10000, "uniqueItems": true, "items": {"$ref": "#/$defs/scalar"}},
        "ordered": {"type": "boolean", "default": false, "description": "The choices stand in an order."},
        "default": {"$ref": "#/$defs/scalar", "description": "The choice of the first trial."},
        "absent": {"$ref": "#/$defs/scalar", "description": "What a trial without a value of it is taken to have had: set by study edit."},
        "retired": {"$ref": "#/$defs/retired"},
        "when": {"$ref": "#/$defs/when"}
      }
    },
    "sampler": {
      "description": "How the next trial is chosen.",
      "oneOf": [
        {"enum": ["auto", "tpe", "cmaes", "gp", "random", "qmc", "grid"]},
        {
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {"name": {"const": "auto"}, "version": {"const": 1}}
        },
        {
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {
            "name": {"const": "tpe"},
            "mode": {"enum": ["default", "optuna5"], "default": "default", "description": "optuna5: the densities of Optuna 5 exactly."},
            "multivariate": {"type": "boolean", "default": true, "description": "Model the parameters together."},
            "startup": {"type": "integer", "minimum": 0, "maximum": 1000000, "default": 10, "description": "Random trials before the model is used."},
            "group": {"type": "boolean", "default": false, "description": "With mode optuna5: model parameters of equal conditions together, as mode default always does."},
            "candidates": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 24, "description": "Points drawn from the model for each suggestion."},
            "version": {"const": 1}
          }
        },
        {
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {
            "name": {"const": "cmaes"},
            "sigma": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": 0.16666666666666666, "description": "Initial standard deviation, as a share of each range."},
            "popsize": {"type": "integer", "minimum": 4, "maximum": 100000},
            "restart": {"enum": ["none", "ipop", "bipop"], "default": "ipop", "description": "What follows a run that has stopped: nothing, or runs with more results a generation."},
            "covariance": {"enum": ["auto", "full", "diagonal"], "default": "auto", "description": "diagonal: each parameter's spread alone (sep-CMA-ES); auto: so for more than 80 numbers."},
            "learning_rate": {"enum": ["fixed", "adaptive"], "default": "fixed", "description": "adaptive: steps are as long as their signal-to-noise ratio allows (LRA-CMA-ES), for noisy values; not with covariance diagonal."},
            "version": {"const": 1}
          }
        },
        {
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {
            "name": {"const": "gp"},
            "startup": {"type": "integer", "minimum": 1, "maximum": 1000000, "description": "Trials that end before the model is used; by default max(5, d / 2) for d parameters."},
            "incumbent": {"enum": ["posterior", "observed"], "default": "posterior", "description": "What improvement is over, and the search begins around: the least mean of the model, or the best value that was told. Workers with a focus hold the rest there too."},
            "version": {"const": 1}
          }
        },
        {
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {"name": {"enum": ["random", "qmc"]}, "version": {"const": 1}}
        },
        {
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {
            "name": {"const": "grid"},
            "points": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 5, "description": "Values of each numeric parameter, at most."},
            "version": {"const": 1}
          }
        }
      ]
    },
    "natural": {"type": "integer", "minimum": 0, "maximum": 1000000000},
    "resource": {"oneOf": [{"const": "auto"}, {"$ref": "#/$defs/count"}], "default": "auto"},
    "reduction_factor": {"type": "integer", "minimum": 2, "maximum": 1000000, "description": "Of so many trials one goes on."},
    "pruner": {
      "oneOf": [
        {
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {"name": {"const": "none"}}
        },
        {
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {
            "name": {"const": "median"},
            "n_startup_trials": {"$ref": "#/$defs/natural", "default": 5, "description": "Complete trials before any is pruned."},
            "n_warmup_steps": {"$ref": "#/$defs/natural", "default": 0, "description": "No pruning at steps below."},
            "interval_steps": {"$ref": "#/$defs/count", "default": 1, "description": "Steps from check to check."},
            "n_min_trials": {"$ref": "#/$defs/count", "default": 1, "description": "Values of others that a step must have."}
          }
        },
        {
          "type": "object",
          "required": ["name", "percentile"],
          "additionalProperties": false,
          "properties": {
            "name": {"const": "percentile"},
            "percentile": {"type": "number", "minimum": 0, "maximum": 100, "description": "How many of the trials to keep, in percent."},
            "n_startup_trials": {"$ref": "#/$defs/natural", "default": 5},
            "n_warmup_steps": {"$ref": "#/$defs/natural", "default": 0},
            "interval_steps": {"$ref": "#/$defs/count", "default": 1},
            "n_min_trials": {"$ref": "#/$defs/count", "default": 1}
          }
        },
        {
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {
            "name": {"const": "successive_halving"},
            "min_resource": {"$ref": "#/$defs/resource", "description": "The first step at which trials are compared."},
            "reduction_factor": {"$ref": "#/$defs/reduction_factor", "default": 4},
            "min_early_stopping_rate": {"type": "integer", "minimum": 0, "maximum": 60, "default": 0},
            "bootstrap_count": {"$ref": "#/$defs/natural", "default": 0, "description": "The first so many trials at a rung are pruned."}
          }
        },
        {
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {
            "name": {"const": "hyperband"},
            "min_resource": {"$ref": "#/$defs/count", "default": 1},
            "max_resource": {"$ref": "#/$defs/resource", "description": "The last step of a whole trial, plus 1."},
            "reduction_factor": {"$ref": "#/$defs/reduction_factor", "default": 3},
            "bootstrap_count": {"$ref": "#/$defs/natural", "default": 0}
          }
        },
        {
          "type": "object",
          "required": ["name", "patience"],
          "additionalProperties": false,
          "properties": {
            "name": {"const": "patient"},
            "wrapped_pruner": {"$ref": "#/$defs/pruner", "description": "Who decides once patience has run out. Default: prune."},
            "patience": {"$ref": "#/$defs/natural", "description": "Values without an improvement that are borne."},
            "min_delta": {"type": "number", "minimum": 0, "default": 0, "description": "By how much the recent values must be worse."}
          }
        },
        {
          "type": "object",
          "required": ["name"],
          "anyOf": [{"required": ["lower"]}, {"required": ["upper"]}],
          "additionalProperties": false,
          "properties": {
            "name": {"const": "threshold"},
            "lower": {"type": "number", "description": "Values below are pruned."},
            "upper": {"type": "number", "description": "Values above are pruned."},
            "n_warmup_steps": {"$ref": "#/$defs/natural", "default": 0},
            "interval_steps": {"$ref": "#/$defs/count", "default": 1}
          }
        },
        {
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {
            "name": {"const": "wilcoxon"},
            "p_threshold": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.1, "description": "How sure to be that a trial is worse than the best."},
            "n_startup_steps": {"$ref": "#/$defs/natural", "default": 2, "description": "Pairs of values before any trial is pruned."}
          }
        }
      ]
    },
    "worker": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "focus": {
          "description": "The parameters that this worker moves: a list, or an object that narrows their ranges.",
          "oneOf": [
            {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"$ref": "#/$defs/param_name"}},
            {
              "type": "object",
              "minProperties": 1,
              "propertyNames": {"$ref": "#/$defs/param_name"},
              "additionalProperties": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                  "low": {"type": "number"},
                  "high": {"type": "number"},
                  "choices": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"$ref": "#/$defs/scalar"}}
                }
              }
            }
          ]
        },
        "sampler": {"$ref": "#/$defs/sampler"},
        "fixed": {
          "type": "object",
          "additionalProperties": {"$ref": "#/$defs/scalar"},
          "description": "Values that all of this worker's trials have."
        },
        "accepts": {"type": "array", "maxItems": 100, "uniqueItems": true, "items": {"$ref": "#/$defs/name"}, "description": "Tags of enqueued trials that this worker takes; others go to other workers."},
        "limits": {"$ref": "#/$defs/limits", "description": "When to stop giving this worker trials."},
        "cpus": {"$ref": "#/$defs/cpus"},
        "memory_gb": {"$ref": "#/$defs/memory_gb"},
        "gpus": {"$ref": "#/$defs/gpus"},
        "nice": {"$ref": "#/$defs/nice"},
        "env": {"$ref": "#/$defs/env"},
        "time_ratio": {"type": "number", "exclusiveMinimum": 0, "description": "How long the experiment takes on this worker's machine, over reference_min; study calibrate fills it in."}
      }
    },
    "role": {
      "type": "object",
      "additionalProperties": false,
      "if": {"required": ["want"], "properties": {"want": {"const": "trials"}}},
      "then": {"properties": {"prompt": false, "model": false, "allow_web": false}},
      "properties": {
        "want": {"enum": ["tasks", "trials", "any"], "default": "tasks", "description": "What its workers take."},
        "prompt": {"$ref": "#/$defs/template", "description": "The file with the prompt of its tasks, a Mustache template, in place of experiment.task_prompt."},
        "accepts": {"type": "array", "maxItems": 100, "uniqueItems": true, "items": {"$ref": "#/$defs/name"}, "description": "Tags that its workers take, besides those of workers.W.accepts."},
        "model": {"type": "string", "pattern": "^[^-]", "description": "Of its tasks, in place of experiment.claude.model."},
        "allow_web": {"type": "boolean", "description": "Of its tasks, in place of experiment.claude.allow_web."}
      }
    },
    "webhook": {
      "type": "object",
      "additionalProperties": false,
      "required": ["url"],
      "properties": {
        "url": {"type": "string", "pattern": "^https?://[!-~]+$", "maxLength": 2000, "description": "Everybody who may read the study can read it."},
        "format": {"enum": ["json", "slack", "discord"], "default": "json"},
        "events": {"type": "array", "items": {"enum": ["new_best", "confirmed", "failure_streak", "rate_limit", "budget", "finished", "question"]}, "description": "Those that it is told; all where it is absent."},
        "failure_streak": {"type": "integer", "minimum": 1, "maximum": 1000000, "default": 3, "description": "So many failures one after the other are told."}
      }
    },
    "word": {"type": "string", "minLength": 1, "pattern": "^[^-]"},
    "commit": {"type": "string", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$", "description": "Filled in by study create and study edit."},
    "cpus": {"type": "string", "pattern": "^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$", "description": "Processors that runs are pinned to, such as 0-6."},
    "memory_gb": {"type": "number", "exclusiveMinimum": 0, "description": "A run that holds more is ended; 2^30 bytes."},
    "gpus": {"type": "array", "items": {"type": ["integer", "string"], "minimum": 0, "minLength": 1}, "description": "What CUDA_VISIBLE_DEVICES lists."},
    "nice": {"type": "integer", "minimum": 0, "maximum": 19},
    "argv": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    "template": {"type": "string", "minLength": 1},
    "minutes": {"type": "number", "minimum": 0, "maximum": 525600},
    "stage": {
      "type": "object",
      "additionalProperties": false,
      "required": ["name"],
      "oneOf": [
        {"required": ["prompt"], "properties": {"command": false}},
        {"required": ["command"], "properties": {"prompt": false, "max_turns": false, "max_cost_usd": false, "max_tokens": false}}
      ],
      "properties": {
        "name": {"$ref": "#/$defs/name"},
        "prompt": {"$ref": "#/$defs/template", "description": "The file with the prompt, a Mustache template."},
        "command": {"$ref": "#/$defs/argv"},
        "time_limit_min": {"$ref": "#/$defs/minutes", "default": 0, "description": "Minutes; 0 for the experiment's own limit alone."},
        "stall_min": {"$ref": "#/$defs/minutes", "description": "As experiment.stall_min, which is for prompts here."},
        "max_turns": {"type": "integer", "minimum": 1, "maximum": 100000},
        "max_cost_usd": {"type": "number", "exclusiveMinimum": 0},
        "max_tokens": {"type": "integer", "minimum": 1}
      }
    },
    "variable": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "not": {"pattern": "^STUDY_(TRIAL$|WORKER$|SEED$|CONFIG$|PARAM_)"}},
    "env": {"type": "object", "propertyNames": {"$ref": "#/$defs/variable"}, "additionalProperties": {"type": "string"}},
    "pointer": {"type": "string", "pattern": "^(/([^~]|~[01])*)?$"},
    "experiment": {
      "type": "object",
      "description": "How a worker runs one trial.",
      "additionalProperties": false,
      "if": {"required": ["agent"], "properties": {"agent": {"const": "claude"}}},
      "then": {
        "properties": {"stages": {"contains": {"required": ["prompt"]}}},
        "if": {"required": ["stages"]},
        "else": {"required": ["prompt"], "properties": {"command": false}}
      },
      "else": {
        "properties": {"claude": false, "task_prompt": false, "stages": {"items": {"properties": {"prompt": false}}}},
        "if": {"required": ["stages"]},
        "else": {"required": ["command"], "properties": {"prompt": false}}
      },
      "dependentSchemas": {"stages": {"properties": {"command": false, "prompt": false}}},
      "properties": {
        "agent": {"enum": ["command", "claude"], "default": "command", "description": "A plain program, or a headless Claude Code process."},
        "dir": {"type": "string", "description": "The folder that commands and prompts are relative to. Default: the study file's own."},
        "command": {"$ref": "#/$defs/argv", "description": "The program and its arguments. {name} inside an argument is a parameter, or one of trial, worker, seed, config, workspace, dir. No shell."},
        "prompt": {"$ref": "#/$defs/template", "description": "The file with the prompt, a Mustache template."},
        "task_prompt": {"$ref": "#/$defs/template", "description": "The file with the prompt of tasks, a Mustache template. Default: a built-in one."},
        "stages": {"type": "array", "minItems": 1, "maxItems": 20, "items": {"$ref": "#/$defs/stage"}, "description": "Instead of prompt or command: a pipeline of them, in one workspace."},
        "context": {
          "type": "object",
          "additionalProperties": false,
          "description": "What prompts should say of the code: {{context.language}}, {{#context.rules}} and so on in templates.",
          "properties": {
            "language": {"type": "string"},
            "build": {"type": "string", "description": "The command that builds."},
            "test": {"type": "string", "description": "The command that tests."},
            "rules": {"type": "array", "maxItems": 1000, "items": {"type": "string"}},
            "key_files": {"type": "array", "maxItems": 1000, "items": {"type": "string"}}
          }
        },
        "claude": {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "model": {"type": "string", "pattern": "^[^-]"},
            "max_turns": {"type": "integer", "minimum": 1, "maximum": 100000, "default": 80},
            "max_cost_usd": {"type": "number", "exclusiveMinimum": 0},
            "max_tokens": {"type": "integer", "minimum": 1},
            "tools": {"type": "array", "items": {"type": "string", "pattern": "^[^-]"}},
            "tool_limit_min": {"type": "number", "exclusiveMinimum": 0, "maximum": 1440, "default": 60, "description": "Minutes that one tool call may take."},
            "system_prompt": {"$ref": "#/$defs/template", "description": "A template added to the system prompt."},
            "mcp": {"type": "object", "propertyNames": {"$ref": "#/$defs/name"}, "additionalProperties": {"type": "object"}, "description": "MCP servers by name: {\"command\": .., \"args\": ..} or {\"type\": \"http\", \"url\": ..}."},
            "project_settings": {"type": "boolean", "default": false, "description": "Whether the CLAUDE.md, skills and commands of the workspace are loaded."},
            "allow_web": {"type": "boolean", "default": false, "description": "Gives the tools WebFetch and WebSearch."}
          }
        },
        "score": {
          "type": "object",
          "additionalProperties": false,
          "description": "Where the score is read from: a file, or a pattern on the output.",
          "dependentSchemas": {"pattern": {"properties": {"file": false, "value": false, "values": false, "metrics": false, "time_metrics": false}}},
          "properties": {
            "command": {"$ref": "#/$defs/argv", "description": "Run by the worker after the experiment."},
            "file": {"type": "string", "minLength": 1, "pattern": "^[^/]", "default": "result.json", "description": "JSON, relative to the workspace."},
            "value": {"$ref": "#/$defs/pointer", "default": "/score", "description": "Where in the file the score is."},
            "values": {"type": "array", "items": {"$ref": "#/$defs/pointer"}, "minItems": 2, "maxItems": 10, "description": "With several objectives, instead of value: where in the file each is."},
            "metrics": {"type": "object", "propertyNames": {"minLength": 1}, "additionalProperties": {"$ref": "#/$defs/pointer"}, "description": "Where in the file each metric is."},
            "time_metrics": {"type": "array", "uniqueItems": true, "items": {"type": "string"}, "description": "Metrics that are times: each is kept as measured, and as NAME_normalised divided by the worker's time_ratio."},
            "pattern": {"type": "string", "maxLength": 1000, "format": "regex", "description": "A regular expression with a group for each objective; the last match counts."},
            "range": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2, "description": "[low, high]: a score outside counts as none."},
            "require": {"const": "attested", "description": "Only scores that the worker measured itself may lead."}
          }
        },
        "env": {"$ref": "#/$defs/env"},
        "pass_env": {"type": "array", "items": {"$ref": "#/$defs/variable"}, "default": ["PATH", "LANG"], "description": "Variables of the worker that the experiment sees."},
        "time_limit_min": {"$ref": "#/$defs/minutes", "default": 0, "description": "Minutes for all stages together; 0 for no limit. The score command has as much again."},
        "reference_min": {"type": "number", "exclusiveMinimum": 0, "description": "What the commands of the default configuration take on the machine that others are measured by; study calibrate fills it in."},
        "stall_min": {"$ref": "#/$defs/minutes", "description": "Minutes without an event of the agent (15), or of a plain command without output (0), after which a run is ended; 0 for never."},
        "max_output_mb": {"type": "number", "exclusiveMinimum": 0, "description": "Ends a stage that prints more."},
        "max_disk_gb": {"type": "number", "exclusiveMinimum": 0, "description": "Ends a run whose workspace grows beyond this."},
        "retries": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 2, "description": "New attempts after a failure that is not the configuration's."},
        "workspace": {
          "type": "object",
          "additionalProperties": false,
          "description": "Where a trial runs: a directory of its own, or a git worktree on a branch of its own.",
          "if": {"required": ["kind"], "properties": {"kind": {"const": "worktree"}}},
          "then": {
            "if": {"required": ["repos"]},
            "then": {"properties": {"repo": false}},
            "else": {"required": ["repo"]}
          },
          "else": {"properties": {"repo": false, "repos": false, "base": false, "base_commit": false, "commit": false, "fetch": false, "push": false}},
          "properties": {
            "kind": {"enum": ["directory", "worktree"], "default": "directory"},
            "repo": {"$ref": "#/$defs/word", "description": "The git repository, relative to dir."},
            "base": {"$ref": "#/$defs/word", "default": "HEAD", "description": "The revision that runs begin from, looked up at create and edit."},
            "base_commit": {"$ref": "#/$defs/commit"},
            "repos": {
              "type": "object",
              "minProperties": 1,
              "propertyNames": {"$ref": "#/$defs/name"},
              "description": "Several repositories, each in a folder of its name.",
              "additionalProperties": {
                "type": "object",
                "required": ["repo"],
                "additionalProperties": false,
                "properties": {"repo": {"$ref": "#/$defs/word"}, "base": {"$ref": "#/$defs/word", "default": "HEAD"}, "base_commit": {"$ref": "#/$defs/commit"}}
              }
            },
            "keep": {"enum": ["all", "best", "none"], "default": "all", "description": "Which workspaces stay after their runs; records and branches always do."},
            "max_total_gb": {"type": "number", "exclusiveMinimum": 0, "description": "Of all workspaces of the study on one machine: the oldest go first."},
            "commit": {"enum": ["branch", "never"], "default": "branch", "description": "Whether what a run leaves is committed to its branch."},
            "fetch": {"type": "boolean", "default": false, "description": "Whether remotes are fetched for the base."},
            "push": {"$ref": "#/$defs/word", "description": "The remote that branches are pushed to."}
          }
        },
        "protect": {"type": "array", "items": {"type": "string", "minLength": 1, "pattern": "^[^/]"}, "description": "Files that the experiment may not change; * and ** as usual. Relative to dir, or to the worktree."},
        "protected": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{64}$"}, "description": "SHA-256 of each protected file; study create fills it in."},
        "cpus": {"$ref": "#/$defs/cpus"},
        "memory_gb": {"$ref": "#/$defs/memory_gb"},
        "gpus": {"$ref": "#/$defs/gpus"},
        "nice": {"$ref": "#/$defs/nice"}
      }
    }
  }
})json";

}  // namespace

const Json& study_file_schema() {
  static const Json schema = parse_json(kSchema, "study file schema");
  return schema;
}

}  // namespace studyhall
