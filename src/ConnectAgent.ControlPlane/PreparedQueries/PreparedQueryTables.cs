using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>The rows of prepared queries.</summary>
internal static class PreparedQueryTables
{
    /// <summary>Queries by name, templates too; those without a name have none.</summary>
    public static SecondKey<PreparedQuery> ByName { get; } = new(static row => row.Name.Length > 0 ? [NameKey.Of(row.Name)] : []);

    /// <summary>Templates by what names begin with, be it nothing.</summary>
    public static SecondKey<PreparedQuery> Templates { get; } = new(static row => row.IsTemplate ? [NameKey.Of(row.Name)] : []);

    /// <summary>By ID in lower case.</summary>
    public static StateTable<PreparedQuery> Queries { get; } = new(
        "prepared-queries", PreparedQueryRowJson.Default.PreparedQuery, static row => NameKey.Of(row.Id))
    {
        SecondKeys = [ByName, Templates],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };
}

/// <summary>How the rows are written to disk.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PreparedQuery))]
internal sealed partial class PreparedQueryRowJson : JsonSerializerContext;
