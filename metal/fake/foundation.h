// What the fake's own files use of its Foundation beyond Apple's.
#ifndef SIGHTGLASS_FAKE_FOUNDATION_H
#define SIGHTGLASS_FAKE_FOUNDATION_H
#import <Foundation/Foundation.h>
@interface NSAutoreleasePool (Fake)
- (void)add:(id)object;
@end
@interface NSError (Fake)
+ (instancetype)errorWithCode:(NSInteger)code text:(const char *)text;
@end
#endif
