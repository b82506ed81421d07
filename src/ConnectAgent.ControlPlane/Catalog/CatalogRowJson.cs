using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>How the rows are written to disk. Names of members are part of the format: renaming one needs a migration.</summary>
[JsonSerializable(typeof(CatalogNode))]
[JsonSerializable(typeof(CatalogService))]
[JsonSerializable(typeof(NodeService))]
[JsonSerializable(typeof(HealthCheck))]
internal sealed partial class CatalogRowJson : JsonSerializerContext;
