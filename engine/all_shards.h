// Every shard's mutex, ascending: held while something changes that all shards read. Engine only.
#pragma once

#include <memory>
#include <vector>

#include "engine/engine.h"

namespace plated {

class Engine::AllShards {
 public:
  explicit AllShards(const std::vector<std::unique_ptr<ShardCell>>& shards) : shards_(shards) {
    for (const auto& cell : shards_) {
      cell->mutex.lock();
    }
  }
  ~AllShards() {
    for (auto cell = shards_.rbegin(); cell != shards_.rend(); ++cell) {
      (*cell)->mutex.unlock();
    }
  }
  AllShards(const AllShards&) = delete;
  AllShards& operator=(const AllShards&) = delete;

 private:
  const std::vector<std::unique_ptr<ShardCell>>& shards_;
};

}  // namespace plated
