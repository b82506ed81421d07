using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>The checks of one intention that is written by ID (CRUD-3): all failures in one text.</summary>
internal static class LegacyIntentionValidation
{
    /// <summary>Refuses a source that fails any of them.</summary>
    /// <exception cref="ServerException">The list error.</exception>
    public static void Check(IntentionSource source, string destination)
    {
        var errors = ErrorsOf(source, destination).ToList();
        if (errors.Count > 0)
        {
            throw new ServerException(FailureKind.Mistake, ListError.Of(errors))
            {
                Limit = IntentionEntryValidation.IsTooLong(source.Description)
                    ? IntentionEntryValidation.DescriptionLimit
                    : EntryMeta.ErrorsOf(source.LegacyMeta).FirstOrDefault().Limit,
            };
        }
    }

    private static IEnumerable<string> ErrorsOf(IntentionSource source, string destination)
    {
        if (source.Name.Length == 0)
        {
            yield return "SourceName must be set";
        }

        if (destination.Length == 0)
        {
            yield return "DestinationName must be set";
        }

        if (!IntentionEntryValidation.HasNoPartialWildcard(source.Name))
        {
            yield return "SourceName: wildcard character '*' cannot be used with partial values";
        }

        if (!IntentionEntryValidation.HasNoPartialWildcard(destination))
        {
            yield return "DestinationName: wildcard character '*' cannot be used with partial values";
        }

        if (IntentionEntryValidation.IsTooLong(source.Description))
        {
            yield return $"Description exceeds maximum length {IntentionEntryValidation.LongestDescription}";
        }

        foreach (var (_, error) in EntryMeta.ErrorsOf(source.LegacyMeta))
        {
            yield return error;
        }

        if (source.Action is not (Intention.Allow or Intention.Deny))
        {
            yield return "Action must be set to 'allow' or 'deny'";
        }

        if (source.Permissions is { Count: > 0 })
        {
            yield return "Permissions must not be set when using the legacy APIs";
        }

        if (source.Type != "consul")
        {
            yield return "SourceType must be set to 'consul'";
        }
    }
}
