using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.State;

/// <summary>How rows are written to disk. Names of members are part of the format: renaming one needs a migration.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IntentionEntry))]
[JsonSerializable(typeof(ConfigEntry))]
[JsonSerializable(typeof(AuthorityRoots))]
[JsonSerializable(typeof(CaConfiguration))]
[JsonSerializable(typeof(ProviderRow))]
[JsonSerializable(typeof(AclToken))]
[JsonSerializable(typeof(AclPolicy))]
[JsonSerializable(typeof(AclRole))]
[JsonSerializable(typeof(AclBootstrap))]
[JsonSerializable(typeof(AuthMethod))]
[JsonSerializable(typeof(BindingRule))]
[JsonSerializable(typeof(SnapshotMeta))]
[JsonSerializable(typeof(RevocationEntry))]
[JsonSerializable(typeof(SerialMark))]
internal sealed partial class StateJson : JsonSerializerContext
{
    /// <summary>How rows are read: a member that cannot be null must be there, and no member is there twice.</summary>
    public static JsonTypeInfo<T> Strict<T>() => (JsonTypeInfo<T>)StrictRows.Options.GetTypeInfo(typeof(T));

    /// <summary>Refuses a null anywhere: none is ever written, and the serializer would let one into a list of what cannot be null.</summary>
    /// <exception cref="JsonException">There is one, or it is no JSON.</exception>
    public static void RequireNoNull(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Null)
            {
                throw new JsonException("null", path: null, lineNumber: null, bytePositionInLine: reader.TokenStartIndex);
            }
        }
    }

    private static void RequireWhatCannotBeNull(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            // What is set by name and missing is null then, whatever it begins as; where it is a value, it may be left out for being the default.
            property.IsRequired |= property.AssociatedParameter is { IsNullable: false, HasDefaultValue: false } parameter
                && !(parameter.IsMemberInitializer && property.PropertyType.IsValueType);
        }
    }

    // A file may have been changed by hand, and a checksum proves nothing about its content. In a class of its own because it needs Default.
    private static class StrictRows
    {
        public static JsonSerializerOptions Options { get; } = new()
        {
            TypeInfoResolver = Default.WithAddedModifier(RequireWhatCannotBeNull),
            AllowDuplicateProperties = false,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        };
    }
}
